"""How far a fit is, in terminals and notebooks. A door to rich."""

from typing import final

from rich.console import Console
from typing_extensions import override

from unfreeze.training.callbacks.bar import Bar
from unfreeze.training.callbacks.base import Callback, RunView, Verdict

__all__ = ["ShowProgress"]


@final
class ShowProgress(Callback):
    """Steps of the running epoch, and the running loss.

    The loss is fetched only every few steps, since fetching waits for the device.
    """

    _STEPS_BETWEEN_LOSSES = 10

    def __init__(self, console: Console | None = None) -> None:
        self._console = console
        self._bar: Bar | None = None
        self._note = ""

    @override
    def on_train_begin(self, run: RunView) -> None:
        self._bar = Bar("epoch", self._console)

    @override
    def on_batch_end(self, run: RunView) -> Verdict:
        steps = len(run.history)
        if steps % self._STEPS_BETWEEN_LOSSES == 1:
            self._note = (
                f"epoch {run.epoch + 1}/{run.epochs}  loss {run.smooth_loss:.4f}"
            )
        if self._bar is not None:
            self._bar.show(
                steps - run.epoch * run.steps_per_epoch, run.steps_per_epoch, self._note
            )
        return Verdict.GO

    @override
    def on_train_end(self, run: RunView) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
