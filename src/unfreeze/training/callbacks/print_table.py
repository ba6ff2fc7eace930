"""The table of the lesson, a line per epoch, with a column for the time."""

from collections.abc import Callable, Sequence
from typing import final

from typing_extensions import override

from unfreeze.training.callbacks.base import Callback, RunView, Verdict
from unfreeze.training.history import EpochRow

__all__ = ["PrintTable"]

_WIDTH = 11


@final
class PrintTable(Callback):
    """Write a header and then one row per epoch through ``write``.

    Columns: epoch from 0, training loss, validation loss, each metric, minutes:seconds.
    Six decimals, as in the notes. Figures that only some epochs have follow by name.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        row = run.last
        if row.epoch == 0:
            names = ["trn_loss", "val_loss", *row.metrics, "time"]
            self._write(_line("epoch", names))
        figures = [row.train_loss, row.valid_loss, *row.metrics.values()]
        cells = [f"{figure:.6f}" for figure in figures]
        extra = [f"{name} {figure:.6f}" for name, figure in row.extra.items()]
        line = _line(str(row.epoch), [*cells, _clock(row)])
        self._write("  ".join([line, *extra]))
        return Verdict.GO


def _line(first: str, cells: Sequence[str]) -> str:
    return f"{first:<6}" + "".join(f"{cell:<{_WIDTH}}" for cell in cells).rstrip()


def _clock(row: EpochRow) -> str:
    minutes, seconds = divmod(row.seconds, 60)
    return f"{int(minutes):02d}:{seconds:04.1f}"
