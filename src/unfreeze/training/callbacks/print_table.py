"""The table of the lesson, a line per epoch, with a column for the time."""

from collections.abc import Callable, Mapping
from typing import final

from typing_extensions import override

from unfreeze.training.callbacks.base import Callback, RunView, Verdict
from unfreeze.training.history import EpochRow

__all__ = ["PrintTable"]

_WIDTH = 10


@final
class PrintTable(Callback):
    """Write a header and then one row per epoch through ``write``.

    Columns: epoch from 0, training loss, validation loss, each metric, minutes:seconds.
    Six decimals, as in the notes. Figures that callbacks add follow by name.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        row = run.last
        if row.epoch == 0:
            self._write(_line("epoch", {name: name for name in _figures(row)}, "time"))
        cells = {name: f"{figure:.6f}" for name, figure in _figures(row).items()}
        extra = [f"{name} {figure:.6f}" for name, figure in row.extra.items()]
        line = _line(str(row.epoch), cells, _clock(row.seconds))
        self._write("  ".join([line, *extra]))
        return Verdict.GO

    @override
    def on_epoch_again(self, run: RunView) -> None:
        self.on_epoch_end(run)


def _figures(row: EpochRow) -> dict[str, float]:
    return {"trn_loss": row.train_loss, "val_loss": row.valid_loss, **row.metrics}


def _line(first: str, cells: Mapping[str, str], last: str) -> str:
    """Line up ``cells`` below the names of their columns, however long those are."""
    middle = [f"{cell:<{max(_WIDTH, len(name))}} " for name, cell in cells.items()]
    return "".join([f"{first:<6}", *middle, last])


def _clock(seconds: float) -> str:
    minutes, tenths = divmod(round(10 * seconds), 600)
    return f"{minutes:02d}:{tenths / 10:04.1f}"
