"""Refuse a class of which no photo is left to learn from."""

import numpy as np

from unfreeze.data.index import ImageIndex
from unfreeze.data.screen import Screening
from unfreeze.errors import DataError
from unfreeze.words import counted

__all__ = ["require_learnable"]


def require_learnable(listed: ImageIndex, readable: Screening) -> None:
    """Make sure that no class lost all its photos because they cannot be read.

    Photos with several labels may go without one: a label that nobody carries is one
    that the model learns to deny.

    Args:
        listed: The photos to learn from, opened or not.
        readable: Those of them that can be read.

    Raises:
        DataError: Naming the first such class, and the first of its files.
    """
    before, after = listed.labels, readable.index.labels
    if before is None or after is None or listed.is_multi:
        return
    count = len(listed.classes)
    is_lost = np.bincount(before, minlength=count) > 0
    is_lost &= np.bincount(after, minlength=count) == 0
    if not is_lost.any():
        return
    label = int(is_lost.argmax())
    names = {listed.names[row] for row in np.flatnonzero(before == label).tolist()}
    first = next(each for each in readable.skipped if each.file in names)
    raise DataError(
        f"Of the class {listed.classes[label]!r}, none of the "
        f"{counted(len(names), 'photo')} in {listed.root} can be read, so that it "
        f"cannot be learned. The first is {first.file!r}: {first.reason} Replace them, "
        "or leave the class out."
    )
