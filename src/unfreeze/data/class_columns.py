"""A column of 0 and 1 for each class, as competitions and ``get_dummies`` write labels.

A photo shows a class where its column holds 1. Whoever does not know what is there
leaves a gap or writes -1, and what to make of that is not ours to decide.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from unfreeze.data.table_columns import Columns, cell_at, places_for_labels
from unfreeze.errors import DataError

__all__ = ["class_columns", "classes_in", "require_zeros_and_ones"]

_Row: TypeAlias = tuple[int, Sequence[str]]
"""The line of the file, from 1, and the cells."""

_ONES = frozenset({"1", "1.0", "true", "yes"})
_ZEROS_AND_ONES = _ONES | {"0", "0.0", "false", "no"}
_UNKNOWN = frozenset({"", "-1", "-1.0"})


def class_columns(
    rows: Sequence[_Row], columns: Columns, groups: str | None
) -> tuple[int, ...]:
    """Columns of 0 and 1 where no other one can hold labels; none if one can.

    Args:
        rows: Of the table, without titles.
        columns: Those that were chosen, with titles of which none says labels.
        groups: The title of the column that names groups, if there is one.

    Returns:
        Their places, from 0: two or more, or none.
    """
    places = places_for_labels(columns.titles or (), columns.photos, groups)
    values = [
        {cell_at(cells, place).lower() for _, cells in rows} - _UNKNOWN
        for place in places
    ]
    if len(places) < 2 or not all(each and each <= _ZEROS_AND_ONES for each in values):
        return ()
    return tuple(places)


def classes_in(cells: Sequence[str], columns: Columns) -> tuple[str, ...]:
    """Titles of the columns that hold 1 in a row, where each class has a column."""
    titles = columns.titles or ()
    return tuple(
        titles[place]
        for place in columns.labels
        if cell_at(cells, place).lower() in _ONES
    )


def require_zeros_and_ones(rows: Sequence[_Row], columns: Columns, path: Path) -> None:
    """Refuse columns for a class each that hold anything besides 0 and 1.

    Args:
        rows: Of the table, without titles.
        columns: Those that are read.
        path: The table, for the message.

    Raises:
        DataError: If one does, naming the first such cell; or if two columns have one
            title.
    """
    titles = [(columns.titles or ())[place] for place in columns.labels]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        raise DataError(
            f"{path} has two columns called {twice!r}, and each is to be a class. Give "
            "them two titles, or remove one."
        )
    odd = list(_others(rows, columns))
    if odd:
        line, title, cell = odd[0]
        count = "1 cell" if len(odd) == 1 else f"{len(odd)} cells"
        raise DataError(
            f"{path} has {count} besides 0 and 1 in the columns of its classes: "
            f"{repr(cell) if cell else 'nothing'} under {title!r} in line {line}. "
            "Write 1 where a photo shows a class and 0 where it does not, and leave "
            "out photos or columns of which that is not known; --label-column TITLE "
            "(label_column), once for each, names the columns to learn."
        )


def _others(rows: Sequence[_Row], columns: Columns) -> Iterator[tuple[int, str, str]]:
    """Line, title and content of the cells that hold neither 0 nor 1."""
    titles = columns.titles or ()
    for line, cells in rows:
        for place in columns.labels:
            cell = cell_at(cells, place)
            if cell.lower() not in _ZEROS_AND_ONES:
                yield line, titles[place], cell
