"""At which size the whole network begins to learn."""

from unfreeze.front.conv_learner import ConvLearner

__all__ = ["early_size_for"]

_SHARE = 5 / 7
_STEP = 32
"""In step 8, the early epochs of each cycle see photos of 5/7 of the side (160 pixels
instead of 224), in half of the time. Most networks halve their maps five times, so it
is a multiple of 32."""

_LEAST = 96
"""Smaller photos take little time anyway, and lose what they show."""


def early_size_for(learn: ConvLearner) -> int | None:
    """Side of the photos in the early epochs of a cycle; None if that of all others."""
    size = round(learn.data.sz * _SHARE / _STEP) * _STEP
    return size if size >= _LEAST and learn.model.can_read(size) else None
