"""A live bar, in terminals and notebooks. A door to rich, without torch."""

import sys
from importlib.util import find_spec
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

__all__ = ["Bar"]


@final
class Bar:
    """A bar that fills while a loop runs and leaves nothing behind.

    It appears with the first progress that is shown. Lines that are printed meanwhile
    go above it, or to wherever standard output was sent. Nothing is drawn where nobody
    watches: when ``console`` (standard error, unless given) is neither a terminal nor a
    notebook with ipywidgets, without which rich has nothing to draw there.
    """

    def __init__(
        self, label: str, console: Console | None = None, *, is_wanted: bool = True
    ) -> None:
        console = console or Console(stderr=True)
        is_watched = console.is_terminal or (
            console.is_jupyter and find_spec("ipywidgets") is not None
        )
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
