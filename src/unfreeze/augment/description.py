"""What an augmentation does, as a plain record that can be compared and kept.

Two augmentations with equal records make equal pixels from equal generators, also in
another process and after an update. So the record can stand for the augmentation in
the key of something stored.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TypeAlias, TypeGuard, get_args

import numpy as np

from unfreeze.augment.kernels import OPENCV
from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.pixel_steps import Cutout, ImageFunction, RandomBlur
from unfreeze.augment.policy import (
    AddPadding,
    RandomDihedral,
    RandomFlip,
    RandomLighting,
    RandomRotate,
    RandomRotateZoom,
    RandomStretch,
    RandomZoom,
)
from unfreeze.augment.steps import Step
from unfreeze.errors import PlanError
from unfreeze.versions import version_of

__all__ = ["describe"]

_RULES = 3
"""Count upwards when this package comes to make other pixels from equal settings."""

_OurStep: TypeAlias = (
    AddPadding
    | Cutout
    | RandomBlur
    | RandomDihedral
    | RandomFlip
    | RandomLighting
    | RandomRotate
    | RandomRotateZoom
    | RandomStretch
    | RandomZoom
)
"""Steps whose fields say all about them."""


def describe(augmentation: Augmentation) -> dict[str, object]:
    """List everything that varied pixels depend on besides image and generator.

    Returns:
        Plain numbers, words, lists and dicts.

    Raises:
        PlanError: If one of the steps is a function or a step of the user's: its code
            could change without a trace in any record.
    """
    steps = [_described(step) for step in augmentation.steps]
    settings = {
        each.name: getattr(augmentation, each.name)
        for each in fields(augmentation)
        if each.init and each.name not in ("spec", "steps")
    }
    return {
        "rules": _RULES,
        "opencv": OPENCV,
        "numpy": version_of("numpy"),  # its generators may come to draw other numbers
        "steps": steps,
        "image": _plain(asdict(augmentation.spec)),
        **_plain(settings),
    }


def _described(step: Step | ImageFunction) -> dict[str, object]:
    if not _is_ours(step):
        raise PlanError(
            f"The augmentation step {step!r} is not one of this library's. What it "
            "makes of photos is not stored, because a change in its code would go "
            "unnoticed. Leave it out, or take precompute=False (fresh augmentation in "
            "every epoch) or precompute=True (plain photos)."
        )
    return {"step": type(step).__name__, **_plain(asdict(step))}


def _is_ours(step: object) -> TypeGuard[_OurStep]:
    """Tell our steps from others; a subclass of ours may do something else."""
    return type(step) in get_args(_OurStep)


def _plain(settings: Mapping[str, object]) -> dict[str, object]:
    """Turn tuples into lists, and numbers of numpy into Python's, exactly."""
    return {name: np.asarray(value).tolist() for name, value in settings.items()}
