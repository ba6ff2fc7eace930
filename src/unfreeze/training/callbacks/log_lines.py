"""Write every step and epoch to a file as it happens."""

import dataclasses
import time
from typing import final

from typing_extensions import override

from unfreeze.training.callbacks.base import Callback, RunView, Verdict
from unfreeze.training.history import HistoryFile

__all__ = ["LogLines"]

_SECONDS_BETWEEN_READS = 1.0
"""Losses are fetched from the device this often, not at every step."""


@final
class LogLines(Callback):
    """Append rows to ``file``: a ``fit`` row first, then ``step`` and ``epoch`` rows.

    Args:
        file: Shared by all fits of a run.
        name: Tells this fit from the others of the same file.
    """

    def __init__(self, file: HistoryFile, name: str) -> None:
        self._file = file
        self._name = name
        self._written = 0
        self._read_at = time.monotonic()

    @override
    def on_train_begin(self, run: RunView) -> None:
        self._written = len(run.history)
        if self._written:  # the fit goes on, and so does the file
            return
        self._file.write(
            "fit",
            {
                "name": self._name,
                "epochs": run.epochs,
                "steps_per_epoch": run.steps_per_epoch,
            },
        )

    @override
    def on_batch_end(self, run: RunView) -> Verdict:
        if time.monotonic() - self._read_at > _SECONDS_BETWEEN_READS:
            self._write_steps(run)
        return Verdict.GO

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        self._write_steps(run)
        self._file.write("epoch", dataclasses.asdict(run.last))
        return Verdict.GO

    @override
    def before_keeping(self, run: RunView) -> None:
        self._write_steps(run)

    @override
    def on_train_end(self, run: RunView) -> None:
        self._write_steps(run)

    def _write_steps(self, run: RunView) -> None:
        for row in run.history.steps[self._written :]:
            self._file.write("step", dataclasses.asdict(row))
        self._written = len(run.history.steps)
        self._read_at = time.monotonic()
