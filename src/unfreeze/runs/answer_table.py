"""``predictions.csv`` of a run: what its model said about the validation photos."""

import math
from collections.abc import Sequence
from pathlib import Path

from unfreeze.data.csv_cells import from_cell
from unfreeze.data.csv_rows import csv_rows
from unfreeze.errors import DataError
from unfreeze.insight.report.record import Answer

__all__ = ["read_answer_table"]

_COLUMNS = ("file", "label", "predicted", "probability")


def read_answer_table(path: Path) -> tuple[Answer, ...]:
    """Read the answers, whatever the order of columns and whichever stand beside them.

    The loss of an answer is NaN where there is none.

    Raises:
        DataError: If the file cannot be read, or lacks rows, columns or figures.
    """
    rows = [cells for _, cells in csv_rows(path, odd_bytes="surrogateescape")]
    titles = rows[0] if rows else []
    places = [titles.index(title) for title in _COLUMNS if title in titles]
    width = max(places, default=0) + 1
    if len(places) < len(_COLUMNS) or not rows[1:] or min(map(len, rows)) < width:
        raise DataError(
            f"{path} lacks rows or columns. Expected {', '.join(_COLUMNS)}, as "
            "unfreeze train writes them; restore it, or train again."
        )
    at_loss = titles.index("loss") if "loss" in titles else None
    try:
        return tuple(_answer(cells, places, at_loss) for cells in rows[1:])
    except ValueError as error:
        raise DataError(
            f"{path} holds something else than a figure ({error}). Restore it, or "
            "train again."
        ) from error


def _answer(cells: Sequence[str], places: Sequence[int], at_loss: int | None) -> Answer:
    file, label, predicted, probability = (cells[at] for at in places)
    loss = "" if at_loss is None or at_loss >= len(cells) else cells[at_loss]
    return Answer(
        file=from_cell(file),
        label=from_cell(label),
        predicted=from_cell(predicted),
        probability=float(probability),
        loss=float(loss) if loss else math.nan,
    )
