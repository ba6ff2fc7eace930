"""When a learner changes its photos: what must be the same, and what is."""

import numpy as np

from unfreeze.errors import PlanError
from unfreeze.front.image_data import ImageClassifierData

__all__ = ["is_measured_alike", "require_same_labels"]


def require_same_labels(old: ImageClassifierData, new: ImageClassifierData) -> None:
    """Refuse photos whose labels mean something else.

    Raises:
        PlanError: If the classes are not the same, in the same order, or photos have
            several labels instead of one or the other way round.
    """
    if new.classes != old.classes:
        raise PlanError(
            f"This learner knows the classes {list(old.classes)}, and the new photos "
            f"have {list(new.classes)}. Build a new learner for them."
        )
    if new.is_multi != old.is_multi:
        count = {True: "several labels each", False: "one label each"}
        raise PlanError(
            f"This learner was built for photos with {count[old.is_multi]}, and the "
            f"new ones have {count[new.is_multi]}. Build a new learner for them."
        )


def is_measured_alike(old: ImageClassifierData, new: ImageClassifierData) -> bool:
    """Whether the scores of a model on both sets of validation photos can be compared.

    They can if photos and labels are equal, and a model reads them at the same size.
    """
    return (
        new.spec == old.spec
        and np.array_equal(new.valid.digests, old.valid.digests)
        and np.array_equal(new.val_y, old.val_y)
    )
