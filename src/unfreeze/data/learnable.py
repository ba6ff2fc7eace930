"""Refuse a class of which no photo is left to learn from."""

import numpy as np

from unfreeze.data.screen import Screening
from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.words import counted

__all__ = ["require_learnable"]


def require_learnable(train: Screening) -> None:
    """Make sure that every class has a photo to learn from.

    Photos with several labels may go without: a label that nobody carries is one that
    the model learns to deny.

    Args:
        train: The training photos, those that cannot be read left out.

    Raises:
        DataError: Naming the classes, and the first file that was left out, if any; of
            those in a folder called like the class, where there are some.
    """
    index = train.index
    if index.labels is None or index.is_multi:
        return
    counts = np.bincount(index.labels, minlength=len(index.classes))
    lost = [index.classes[label] for label in np.flatnonzero(counts == 0).tolist()]
    if not lost:
        return
    folders = tuple(f"{name}/" for name in lost)
    left_out = [each for each in train.skipped if each.file.startswith(folders)]
    left_out = left_out or [*train.skipped]
    why = ""
    if left_out:
        why = (
            f" {counted(len(left_out), 'file')} left out, first "
            f"{left_out[0].file!r}: {left_out[0].reason}"
        )
    raise DataError(
        f"Among the {len(index)} training photos in {index.root} is none of "
        f"{listed(lost)}, and a class needs some to learn from.{why} Add photos, or "
        "leave the class out."
    )
