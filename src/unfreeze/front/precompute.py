"""What ``precompute`` may be: off, on, or a number of augmented views."""

from unfreeze.augment.description import describe
from unfreeze.augment.pipeline import Augmentation
from unfreeze.errors import PlanError

__all__ = ["checked_precompute", "has_storable_views"]


def checked_precompute(
    precompute: bool | int, augmentation: Augmentation
) -> bool | int:
    """Take a setting as it is meant, or refuse it.

    Args:
        precompute: False, True, or a number of views of 2 or more. 0 and 1 are the
            other names that Python has for False and True.
        augmentation: What varies the training photos.

    Returns:
        A bool, or an int of 2 or more.

    Raises:
        PlanError: If it is neither, or if views are asked for and the augmentation
            holds a step of the user's own.
    """
    if precompute in (0, 1):
        return bool(precompute)
    if not isinstance(precompute, int) or precompute < 2:
        raise PlanError(
            f"precompute must be False, True, or the number of augmented views of "
            f"each photo to store, 2 or more. Got {precompute!r}."
        )
    describe(augmentation)
    return precompute


def has_storable_views(augmentation: Augmentation) -> bool:
    """Whether the augmentation is made of steps that can be named in full."""
    try:
        describe(augmentation)
    except PlanError:
        return False
    return True
