"""A table with a photo and what is on it in each row, read whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.data.class_columns import (
    class_columns,
    classes_in,
    require_zeros_and_ones,
)
from unfreeze.data.csv_cells import from_cell
from unfreeze.data.csv_rows import TableForm, csv_rows
from unfreeze.data.label_doubts import require_plain_labels
from unfreeze.data.table_columns import (
    Choice,
    Columns,
    cell_at,
    chosen_columns,
    has_titles,
    photo_column,
)
from unfreeze.data.table_form import form_of
from unfreeze.errors import DataError

__all__ = ["LabelTable", "TableRow", "WrittenTable", "label_table", "written_table"]

_LOOKED_AT = 20
"""Rows in which photos are looked for, so that a few that are missing do no harm."""


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """What stands in a table, before it is known what that means."""

    path: Path
    form: TableForm
    rows: Sequence[tuple[int, tuple[str, ...]]]
    """The line of the file on which each ends, from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """What one row says."""

    line: int
    """Of the file, from 1, where the row ends."""

    photo: str
    """Name of the photo, as it is written."""

    label: str
    """The whole cell; empty where there is nothing. Where each class has a column,
    those with 1 in it, with commas between."""

    tags: tuple[str, ...] | None
    """Classes with 1 in their column; None where one column holds labels."""

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
        titles = self.columns.titles or ()
        if title not in titles:
            return None
        place = titles.index(title)
        return [cell_at(row.cells, place) for row in self.rows]


def written_table(path: Path) -> WrittenTable:
    """Read whatever stands in a table.

    Raises:
        DataError: If it cannot be read, or has no rows.
    """
    form = form_of(path)
    rows = [
        (line, tuple(from_cell(cell.strip()) for cell in cells))
        for line, cells in csv_rows(path, form=form)
    ]
    if not rows:
        raise _no_rows(path)
    return WrittenTable(path, form, rows)


def label_table(
    written: WrittenTable, choice: Choice, is_photo: Callable[[str], bool]
) -> LabelTable:
    """Find photos and labels in a table.

    Args:
        written: What stands there.
        choice: What somebody said about its columns.
        is_photo: Whether there is a photo that a cell names.

    Raises:
        DataError: If it has no rows besides titles or a single column, or one column
            of labels cannot be told among its columns, or looks like measurements.
    """
    path, first = written.path, written.rows[0][1]
    is_titled = _is_titled(written, choice, is_photo)
    found = written.rows[1:] if is_titled else written.rows
    if not found:
        raise _no_rows(path)
    columns = chosen_columns(
        first if is_titled else None,
        choice,
        path,
        lambda place: _names_photos([cells for _, cells in found], place, is_photo),
        len(first),
    )
    _require_two(found, path)
    _require_width(found, len(first), path)
    if columns.titles is not None and not columns.is_label_titled:
        each = class_columns(found, columns, choice.groups)
        columns = replace(columns, labels=each or columns.labels)
    if columns.is_one_each:
        require_zeros_and_ones(found, columns, path)
    else:
        require_plain_labels([cells for _, cells in found], columns, choice, path)
    rows = tuple(_row(line, cells, columns) for line, cells in found)
    return LabelTable(path, written.form, columns, rows)


def _is_titled(
    written: WrittenTable, choice: Choice, is_photo: Callable[[str], bool]
) -> bool:
    """Whether the first row holds titles."""
    path, first = written.path, written.rows[0][1]
    _require_two(written.rows[:1], path)
    is_titled = choice.has_titles is not False and has_titles(first, path, is_photo)
    if choice.has_titles is None and _is_like_the_others(
        [cells for _, cells in written.rows]
    ):
        return False
    if choice.has_titles and not is_titled:
        raise DataError(
            f"The first row of {path} names an image, {first[0]!r}, and no titles. "
            "Pass skip_header=False."
        )
    return is_titled


def _row(line: int, cells: tuple[str, ...], columns: Columns) -> TableRow:
    photo = cell_at(cells, columns.photos)
    if columns.is_one_each:
        tags = classes_in(cells, columns)
        return TableRow(line, photo, ", ".join(tags), tags, cells)
    return TableRow(line, photo, cell_at(cells, columns.labels[0]), None, cells)


def _names_photos(
    rows: Sequence[Sequence[str]], place: int, is_photo: Callable[[str], bool]
) -> bool:
    """Whether at least half of the first cells in a column name photos."""
    cells = [cell_at(cells, place) for cells in rows[:_LOOKED_AT]]
    return 2 * sum(bool(cell) and is_photo(cell) for cell in cells) >= len(cells)


def _is_like_the_others(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row, with no title that is known, has the label of another.

    Its photo may be missing, and would be lost as a title.
    """
    first = rows[0]
    labels = {cell_at(row, 1) for row in rows[1:]} - {""}
    return photo_column(first) is None and cell_at(first, 1) in labels


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
