"""Named policies: which steps suit which kind of photo."""

from unfreeze.augment.policy import (
    RandomDihedral,
    RandomFlip,
    RandomLighting,
    RandomRotate,
)
from unfreeze.augment.steps import Step

__all__ = ["BASIC", "SIDE_ON", "TOP_DOWN"]

BASIC: tuple[Step, ...] = (RandomRotate(10.0), RandomLighting(0.05, 0.05))
"""A small turn and a little light: for images whose left and right differ."""

SIDE_ON: tuple[Step, ...] = (*BASIC, RandomFlip())
"""For photos taken from the side, such as pets: up stays up."""

TOP_DOWN: tuple[Step, ...] = (*BASIC, RandomDihedral())
"""For photos taken from above, such as satellite images: any side may be up."""
