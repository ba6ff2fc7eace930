"""A table with a photo and what is on it in each row, read whole."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unfreeze.data.csv_cells import from_cell
from unfreeze.data.csv_rows import TableForm, csv_rows
from unfreeze.data.table_columns import (
    Choice,
    Columns,
    chosen_columns,
    has_titles,
    photo_column,
    places_for_labels,
)
from unfreeze.data.table_form import form_of
from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = ["LabelTable", "TableRow", "read_label_table"]

_YES_OR_NO = frozenset({"", "0", "1", "0.0", "1.0", "false", "true", "no", "yes"})
_NUMBER = re.compile(
    r"[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?|false|true|no|yes", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """What one row says."""

    line: int
    """Of the file, from 1, where the row ends."""

    photo: str
    """Name of the photo, as it is written."""

    label: str
    """The whole cell; empty where there is nothing."""

    cells: tuple[str, ...]
    """All of them, without blanks around them."""


@dataclass(frozen=True, slots=True)
class LabelTable:
    """Rows of photos, without that of titles."""

    path: Path
    form: TableForm
    columns: Columns
    rows: tuple[TableRow, ...]

    def column(self, title: str) -> list[str] | None:
        """The cells under a title, empty where a row ends before; None without it."""
        if title not in (self.columns.titles or ()):
            return None
        place = (self.columns.titles or ()).index(title)
        return [_cell(row.cells, place) for row in self.rows]


def read_label_table(
    path: Path, choice: Choice, is_photo: Callable[[str], bool]
) -> LabelTable:
    """Read a table of labels.

    Args:
        path: The table.
        choice: What somebody said about its columns.
        is_photo: Whether there is a photo that a cell names.

    Raises:
        DataError: If it cannot be read, has no rows or a single column, or one column
            of labels cannot be told among its columns.
    """
    form = form_of(path)
    found = [
        (line, tuple(from_cell(cell.strip()) for cell in cells))
        for line, cells in csv_rows(path, form=form)
    ]
    if not found:
        raise _no_rows(path)
    first = found[0][1]
    _require_two(found[:1], path)
    is_titled = choice.has_titles is not False and has_titles(first, path, is_photo)
    if choice.has_titles is None and _is_like_the_others([row for _, row in found]):
        is_titled = False
    if choice.has_titles and not is_titled:
        raise DataError(
            f"The first row of {path} names an image, {first[0]!r}, and no titles. "
            "Pass skip_header=False."
        )
    if is_titled:
        found = found[1:]
    if not found:
        raise _no_rows(path)
    columns = chosen_columns(first if is_titled else None, choice, path)
    _require_two(found, path)
    _require_width(found, len(first), path)
    rows = tuple(
        TableRow(
            line, _cell(cells, columns.photos), _cell(cells, columns.labels), cells
        )
        for line, cells in found
    )
    table = LabelTable(path, form, columns, rows)
    _refuse_numbers(table, choice.groups)
    return table


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _is_like_the_others(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row, with no title that is known, has the label of another.

    Its photo may be missing, and would be lost as a title.
    """
    first = rows[0]
    labels = {_cell(row, 1) for row in rows[1:]} - {""}
    return photo_column(first) is None and _cell(first, 1) in labels


def _no_rows(path: Path) -> DataError:
    return DataError(f"{path} has no rows. Expected an image name and a label in each.")


def _require_two(rows: Sequence[tuple[int, Sequence[str]]], path: Path) -> None:
    narrow = [(line, cells[0]) for line, cells in rows if len(cells) < 2]
    if narrow:
        line, cell = narrow[0]
        more = f", and so have {len(narrow) - 1} more" if narrow[1:] else ""
        raise DataError(
            f"Line {line} of {path} has one column: {cell[:80]!r}{more}. Expected an "
            "image name and a label, separated by a comma."
        )


def _require_width(
    rows: Sequence[tuple[int, Sequence[str]]], width: int, path: Path
) -> None:
    """Refuse to lose the second of two labels, which stand without quotes."""
    wide = [(line, cells) for line, cells in rows if any(cells[width:])]
    if wide:
        line, cells = wide[0]
        raise DataError(
            f"Line {line} of {path} has {len(cells)} cells and the first row {width}"
            f"{_and_more(len(wide) - 1)}. Put quotes around a cell that has the sign "
            'between columns in it, such as "cat, dog".'
        )


def _and_more(count: int) -> str:
    return f", and so it is in {count} more rows" if count else ""


def _refuse_numbers(table: LabelTable, groups: str | None) -> None:
    """Refuse several columns of numbers, of which none is said to be the label."""
    columns = table.columns
    if columns.is_label_titled or not _are_numbers(table, columns.labels):
        return
    width = max(len(row.cells) for row in table.rows)
    titles = columns.titles or [f"column {place + 1}" for place in range(width)]
    numbers = [
        place
        for place in places_for_labels(titles, columns.photos, groups)
        if _are_numbers(table, place)
    ]
    if len(numbers) < 2:
        return
    names = listed([titles[place] for place in numbers])
    values = {_cell(row.cells, at).lower() for row in table.rows for at in numbers}
    if values <= _YES_OR_NO:
        raise DataError(
            f"{table.path} has a column of 0 and 1, or no and yes, for each of "
            f"{names}. Expected one column with the name of the class: write "
            "'file,label' with a row such as '1.jpg,cat'; several labels of a photo as "
            "'cat;dog' in its cell."
        )
    raise DataError(
        f"{table.path} has several columns of numbers, {names}, and none is called "
        "label, class or the like. Call the one with labels 'label', or pass its "
        "title: --label-column TITLE (label_column='...')."
    )


def _are_numbers(table: LabelTable, place: int) -> bool:
    """Whether all that stands in a column is numbers, or yes and no."""
    cells = {_cell(row.cells, place) for row in table.rows} - {""}
    return bool(cells) and all(_NUMBER.fullmatch(cell) for cell in cells)
