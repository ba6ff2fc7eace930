"""Guess what stands between several labels in a cell, and doubt it.

A label may have blanks and commas in it, such as ``golden retriever`` or ``fox, red``;
taken apart, it would become two labels, and a photo of one class one of several. So
cells are parted only where that is plain to see.
"""

from collections.abc import Iterable

from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = ["guessed_separator"]

_NEVER_IN_LABELS = (";", "|")
_OFTEN_IN_LABELS = (",", " ")

_LEAST_COMBINATIONS = 2.0
"""Distinct cells for each of their parts, from which on parts are labels. The satellite
photos of the lesson have 449 combinations of 17 words; 120 breeds of dogs, with about
as many words, less than one for each."""

_LEAST_LENGTHS = 3
"""Different numbers of parts in a cell, which names made on one pattern, such as
``red circle``, do not have."""


def guessed_separator(cells: Iterable[str]) -> str:
    """Guess what stands between the labels of one photo.

    A semicolon or a bar does wherever it is found; a comma or a blank only if the parts
    recur in many combinations, of different lengths.

    Args:
        cells: Of the column of labels.

    Returns:
        The sign; empty where each cell is one label.

    Raises:
        DataError: If there are semicolons and bars.

    Example:
        >>> guessed_separator(["cat;dog", "cat"])
        ';'
        >>> guessed_separator(["golden retriever", "poodle"])
        ''
    """
    distinct = sorted({cell.strip() for cell in cells} - {""})
    found = [
        (sign, next(cell for cell in distinct if sign in cell))
        for sign in _NEVER_IN_LABELS
        if any(sign in cell for cell in distinct)
    ]
    if len(found) > 1:
        raise DataError(
            "Labels have both ';' and '|' in them: "
            f"{listed([each for _, each in found])}. Pass what stands "
            "between the labels of a photo as --label-separator, or "
            "'' if each cell is one label."
        )
    if found:
        return found[0][0]
    return next((sign for sign in _OFTEN_IN_LABELS if _is_plain(distinct, sign)), "")


def _is_plain(distinct: list[str], sign: str) -> bool:
    cells = [_parts(cell, sign) for cell in distinct]
    if any(len(set(parts)) < len(parts) for parts in cells):
        return False  # a label is not said twice
    words = {part for parts in cells for part in parts}
    lengths = {len(parts) for parts in cells}
    combinations = {frozenset(parts) for parts in cells}
    return len(lengths) >= _LEAST_LENGTHS and len(
        combinations
    ) >= _LEAST_COMBINATIONS * len(words)


def _parts(cell: str, sign: str) -> list[str]:
    return [part.strip() for part in cell.split(sign) if part.strip()]
