"""Three epochs of the whole network, the first of them on smaller photos or not."""

import itertools
import time

from benchmarks.ours.learning import silent_learner, usual_data
from benchmarks.protocol import Figures, Prepare, Repeat, Task, serve
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.plan import usual_plan
from unfreeze.front.recipe import layer_rates

_HEAD_RATE = 1e-2
_EPOCHS = 3


def _beginning(num_small: int) -> Prepare:
    """Let that many epochs of three see photos of 5/7 of the side."""

    def prepare(task: Task) -> Repeat:
        seeds = itertools.count()
        return lambda: _repeat(task, num_small, next(seeds))

    return prepare


def _repeat(task: Task, num_small: int, seed: int) -> Figures:
    learn = silent_learner(task, seed)
    full = learn.data
    learn.precompute = True
    rate = learn.lr_find().rate or _HEAD_RATE
    steps = usual_plan(len(full.train.index), full.bs)
    learn.fit(rate, 1, cycle_len=steps.head_epochs)
    began = time.perf_counter()
    if num_small:
        learn.set_data(usual_data(task, size=task.size * 5 // 7))
        _fit_all_layers(learn, rate, num_small)
        learn.set_data(full)
    _fit_all_layers(learn, rate, _EPOCHS - num_small)
    return {
        "accuracy": learn.sched.rec_metrics[-1][0],
        "log loss": learn.sched.val_losses[-1],
        "seconds": time.perf_counter() - began,
    }


def _fit_all_layers(learn: ConvLearner, rate: float, epochs: int) -> None:
    learn.unfreeze()
    learn.bn_freeze(True)
    learn.fit(layer_rates(rate), 1, cycle_len=epochs)


if __name__ == "__main__":
    serve(
        {"full": _beginning(0), "smaller_1": _beginning(1), "smaller_2": _beginning(2)}
    )
