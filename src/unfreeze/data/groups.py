"""Name the groups of photos that must not be split: patient, burst, video."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from unfreeze.data.forest import groups_from_pairs
from unfreeze.data.wording import listed
from unfreeze.errors import PlanError

__all__ = [
    "Grouping",
    "as_grouping",
    "joined_groups",
    "numbered",
    "pattern_names",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouping:
    """What was found when photos were grouped, and how the split treats it."""

    by: str | None = None
    """The pattern, or the title of the column; None where only near-duplicates are
    kept together."""

    num_groups: int = 0
    """Groups that a name stands for."""

    num_alone: int = 0
    """Photos that belong to none of them, and may be on either side."""

    straddling: tuple[str, ...] = ()
    """Groups with photos on both sides, of a split that was there before."""

    num_duplicates: int = 0
    """Photos that stay beside a near-duplicate of theirs."""


def as_grouping(
    by: str, train: Sequence[str | None], valid: Sequence[str | None]
) -> Grouping:
    """Describe how named groups lie in a split.

    Args:
        by: What the names came from.
        train: Group of each training photo; None for none.
        valid: Likewise, for validation.
    """
    known = {name for name in (*train, *valid) if name is not None}
    return Grouping(
        by=by,
        num_groups=len(known),
        num_alone=sum(name is None for name in (*train, *valid)),
        straddling=tuple(sorted(known & {*train} & {*valid})),
    )


def pattern_names(files: Sequence[str], pattern: str) -> list[str | None]:
    r"""Name the group of each file after a part of its path.

    Args:
        files: Paths relative to the data set, with forward slashes.
        pattern: A regular expression, looked for anywhere in the path. Its first
            group that takes part names the group; without one, all that it matches.

    Returns:
        A name for each file; None where the pattern is not found.

    Raises:
        PlanError: If it is no regular expression, or found in none of the files.

    Example:
        >>> pattern_names(["ill/person7_1.jpg", "well/1.jpg"], r"person(\d+)")
        ['7', None]
    """
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise PlanError(
            f"{pattern!r} is not a regular expression: {error}. Expected one that is "
            r"found in the names of files, such as 'person(\d+)'."
        ) from error
    names = [_part(search(file)) for file in files]
    if all(name is None for name in names):
        raise PlanError(
            f"The pattern {pattern!r} is found in none of the {len(files)} files, such "
            f"as {listed(files, limit=2)}. Write one that names their groups, such as "
            r"'person(\d+)'."
        )
    return names


def _part(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    return next((part for part in match.groups() if part is not None), match.group())


def numbered(names: Sequence[str | None]) -> Int64[np.ndarray, " N"]:
    """Give rows of one group the same number, and every row of none its own."""
    number_of: dict[str | tuple[int], int] = {}
    keys = ((row,) if name is None else name for row, name in enumerate(names))
    numbers = [number_of.setdefault(key, len(number_of)) for key in keys]
    return np.array(numbers, dtype=np.int64)


def joined_groups(
    first: Int64[np.ndarray, " N"], second: Int64[np.ndarray, " N"]
) -> Int64[np.ndarray, " N"]:
    """Put rows together that are together in either, also by way of others.

    Example:
        >>> joined_groups(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist()
        [0, 0, 0, 1]
    """
    links = [_neighbours(groups) for groups in (first, second)]
    return groups_from_pairs(len(first), np.concatenate(links))


def _neighbours(groups: Int64[np.ndarray, " N"]) -> Int64[np.ndarray, "L 2"]:
    """Pairs of rows that chain each group."""
    order = np.argsort(groups, kind="stable")
    is_same = groups[order][1:] == groups[order][:-1]
    return np.stack([order[:-1][is_same], order[1:][is_same]], axis=1)
