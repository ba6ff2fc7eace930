"""Refuse a column of labels that nobody named where it may well be another.

Numbers are taken for measurements where most of them stand in one or two rows and some
are not whole, or there are twenty or more: an age is no class. Whole numbers with more
rows each may be classes, such as years, and only the user can tell.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from unfreeze.data.table_columns import Choice, Columns, cell_at, places_for_labels
from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = ["count_if_many_whole", "require_plain_labels"]

_WORDS = frozenset({"", "false", "true", "no", "yes"})
_NUMBER = re.compile(
    r"[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?|false|true|no|yes", re.IGNORECASE
)

_MANY = 20
"""Different whole numbers from which on they may be ages or counts: of grades and the
like there are fewer."""

_FEW_ROWS = 2
"""In which most values of a measurement stand, and few names of classes do."""


def require_plain_labels(
    rows: Sequence[Sequence[str]], columns: Columns, choice: Choice, path: Path
) -> None:
    """Refuse to guess among columns that may hold labels, or to learn measurements.

    Args:
        rows: Cells of the table, without titles.
        columns: Those that are to be read, with one of labels.
        choice: What somebody said. A column of labels that is named there is taken.
        path: The table, for messages.

    Raises:
        DataError: If several columns may hold labels and no title says which does, a
            second label may stand behind the first, or labels look like measurements.
    """
    if choice.labels is not None:
        return
    if columns.titles is None:
        _refuse_numbers(rows, columns, path)
    elif not columns.is_label_titled:
        _refuse_several(columns.titles, columns.photos, choice.groups, path)
    (place,) = columns.labels
    if not choice.are_classes_known:
        _refuse_measurements([cell_at(cells, place) for cells in rows], path)
    _refuse_more_labels(rows, columns, path)


def _refuse_several(
    titles: Sequence[str], photos: int, groups: str | None, path: Path
) -> None:
    places = places_for_labels(titles, photos, groups)
    if len(places) < 2:
        return
    names = listed([titles[place] for place in places])
    raise DataError(
        f"{path} has several columns that may hold labels, {names}, and none is called "
        "label, class or the like. Call the one with labels 'label', or pass its "
        "title: --label-column TITLE (label_column='...'); where classes have a column "
        "each, pass it once for each column of 0 and 1 (label_column=['...', '...'])."
    )


def _refuse_numbers(
    rows: Sequence[Sequence[str]], columns: Columns, path: Path
) -> None:
    width = max(len(cells) for cells in rows)
    (first,) = columns.labels
    places = [at for at in range(first, width) if _are_numbers(rows, at)]
    if first not in places or len(places) < 2:
        return
    names = listed([f"column {place + 1}" for place in places])
    raise DataError(
        f"{path} has several columns of numbers, {names}, and no titles. Add a row of "
        "titles that calls the one with labels 'label'; or, where they hold 0 and 1 "
        "for a class each, the names of the classes, such as 'file,cat,dog'."
    )


def _refuse_more_labels(
    rows: Sequence[Sequence[str]], columns: Columns, path: Path
) -> None:
    """Refuse to lose a second label, in a column without title behind the first."""
    (place_of_first,) = columns.labels
    known = {cell_at(cells, place_of_first) for cells in rows} - {""}
    is_even = columns.titles is not None or len({len(cells) for cells in rows}) == 1
    titles = columns.titles or ()
    for cells in rows:
        further = [
            cell
            for place, cell in enumerate(cells)
            if cell and place > place_of_first and not cell_at(titles, place)
        ]
        if further and (not is_even or known & set(further)):
            raise DataError(
                f"Behind {cell_at(cells, place_of_first)!r} in {path} stands "
                f"{further[0]!r} in a column without title, which may be a second "
                "label. Write several labels of a photo into one cell, such as "
                "'cat;dog'; or give every column a title, as in 'file,label,note'."
            )


def _refuse_measurements(labels: Sequence[str], path: Path) -> None:
    """Refuse numbers, many or not whole, of which most stand in one or two rows."""
    rows_of = Counter(label for label in labels if label)
    distinct = sorted(rows_of)
    if not all(map(_NUMBER.fullmatch, distinct)):
        return
    broken = next((label for label in distinct if not _is_whole(label)), None)
    if broken is None and len(distinct) < _MANY:
        return
    rare = sum(count <= _FEW_ROWS for count in rows_of.values())
    if 2 * rare > len(distinct):
        example = distinct[-1] if broken is None else broken
        raise DataError(
            f"The labels of {path} look like measurements: {len(distinct)} different "
            f"numbers, such as {example!r}, and most in one or two rows. This library "
            "classifies: write the name of a class, such as 'low' or 'high'. If each "
            "number is a class, pass the title of the column: --label-column TITLE "
            "(label_column='...')."
        )


def count_if_many_whole(labels: Iterable[str]) -> int:
    """How many different labels there are if all are whole numbers, and many; else 0.

    Example:
        >>> count_if_many_whole(map(str, range(90))), count_if_many_whole("12")
        (90, 0)
    """
    distinct = set(labels) - {""}
    are_whole = all(_NUMBER.fullmatch(each) and _is_whole(each) for each in distinct)
    return len(distinct) if are_whole and len(distinct) >= _MANY else 0


def _is_whole(label: str) -> bool:
    """Whether a number is; words such as ``yes`` count as whole."""
    return label.lower() in _WORDS or float(label.replace(",", ".")) % 1 == 0


def _are_numbers(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether all that stands in a column is numbers, or yes and no."""
    cells = {cell_at(row, place) for row in rows} - {""}
    return bool(cells) and all(map(_NUMBER.fullmatch, cells))
