"""A whole program that uses fastai: ``fine_tune``, with a line after every epoch."""

import json

from fastai.vision.all import Callback

from benchmarks.peers.fastai_learner import learner
from benchmarks.protocol import task_from_command_line


class TellScores(Callback):
    """Print the accuracy as soon as an epoch has been measured."""

    order = 60  # after the recorder, which gathers the figures of an epoch

    def after_epoch(self) -> None:
        """Print one line of JSON."""
        print(json.dumps({"accuracy": float(self.recorder.values[-1][-1])}), flush=True)


def main() -> None:
    """Train a frozen epoch, then as many unfrozen ones as asked for."""
    task = task_from_command_line()
    learn = learner(task)
    learn.logger = lambda line: None
    learn.fine_tune(task.epochs, cbs=TellScores())


if __name__ == "__main__":
    main()
