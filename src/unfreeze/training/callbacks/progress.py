"""A live progress bar, in terminals and notebooks. A door to rich."""

import sys
from types import TracebackType
from typing import final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from typing_extensions import override

from unfreeze.training.callbacks.base import Callback, RunView, Verdict

__all__ = ["Bar", "ShowProgress"]


@final
class Bar:
    """A bar that fills while a loop runs and leaves nothing behind.

    It appears with the first progress that is shown. Lines that are printed meanwhile
    go above it, or to wherever standard output was sent. Nothing is drawn where nobody
    watches: when ``console`` (standard error, unless given) is neither a terminal nor a
    notebook.
    """

    def __init__(
        self, label: str, console: Console | None = None, *, is_wanted: bool = True
    ) -> None:
        console = console or Console(stderr=True)
        is_watched = console.is_terminal or console.is_jupyter
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            disable=not (is_wanted and is_watched),
        )
        self._task = self._progress.add_task(label, total=None, note="")

    def stop(self) -> None:
        """Take the bar off the screen."""
        self._progress.stop()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def show(self, done: int, total: int, note: str = "") -> None:
        """Bring the bar to ``done`` of ``total``."""
        self._progress.start()
        self._progress.update(self._task, completed=done, total=total, note=note)


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
