"""Part screened photos into training and validation, never through a group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from unfreeze.data.arrays import as_labels
from unfreeze.data.groups import Grouping, as_grouping, joined_groups, numbered
from unfreeze.data.held_out import HeldOut, as_held_out
from unfreeze.data.likeness import Likeness, copy_groups, look_alikes
from unfreeze.data.screen import Screening
from unfreeze.data.splits import stratified_split

__all__ = ["Parts", "hold_out"]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Photos on two sides, and what was found on the way."""

    train: Screening
    """These keep the list of skipped files."""

    valid: Screening
    grouping: Grouping | None
    """What was kept together, if anything."""

    held_out: HeldOut
    """Whether it came out as it was asked for."""

    likeness: Likeness
    """Near-duplicates; rows are those of ``train``, then those of ``valid``."""


def hold_out(
    whole: Screening,
    fraction: float,
    seed: int,
    *,
    group_by: str | None = None,
    names: Sequence[str | None] | None = None,
) -> Parts:
    """Hold out a share of every class, beside its near-duplicates and its group.

    Args:
        whole: All readable photos, with their labels.
        fraction: Share to hold out, above 0 and below 1.
        seed: Keys the choice.
        group_by: What the names of groups came from.
        names: Group of each photo; None for none.

    Raises:
        DataError: If nothing can be held out.
    """
    likeness = look_alikes(whole.digests, whole.hashes)
    alike = copy_groups(whole.digests, likeness)
    groups = alike if names is None else joined_groups(alike, numbered(names))
    labels = as_labels(whole.index.labels)
    train_rows, valid_rows = stratified_split(labels, fraction, seed, groups)
    train, valid = whole.take(train_rows), whole.take(valid_rows)
    index = replace(valid.index, ignored=(), num_ignored=0, num_unread=0)
    valid = replace(valid, index=index, skipped=())

    num_duplicates = int((np.bincount(alike)[alike] > 1).sum())
    grouping = None
    if names is not None and group_by is not None:
        sides = ([names[row] for row in rows] for rows in (train_rows, valid_rows))
        grouping = replace(as_grouping(group_by, *sides), num_duplicates=num_duplicates)
    elif num_duplicates:
        grouping = Grouping(num_duplicates=num_duplicates)
    rows = np.concatenate([train_rows, valid_rows])
    likeness = likeness.taken(rows, whole.digests, whole.hashes)
    classes = whole.index.classes
    held_out = as_held_out(fraction, classes, labels[train_rows], labels[valid_rows])
    return Parts(train, valid, grouping, held_out, likeness)
