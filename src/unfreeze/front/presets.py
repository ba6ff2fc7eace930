"""Augmentation by name, as the command line and saved models speak of it."""

from typing import Literal, TypeAlias, get_args

from unfreeze.errors import PlanError
from unfreeze.front.tfms import (
    TrainTransform,
    ValidTransform,
    tfms_from_model,
    transforms_basic,
    transforms_side_on,
    transforms_top_down,
)

__all__ = ["PRESETS", "Preset", "is_like_imagenet", "tfms_for"]

Preset: TypeAlias = Literal["side-on", "top-down", "basic", "none"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

_STEPS = {
    "side-on": transforms_side_on,
    "top-down": transforms_top_down,
    "basic": transforms_basic,
    "none": None,
}


def tfms_for(
    arch: str, size: int, augment: Preset, max_zoom: float
) -> tuple[TrainTransform, ValidTransform]:
    """Build the transforms of a preset.

    Raises:
        PlanError: If there is no such preset, or a number is out of range.
    """
    if augment not in _STEPS:
        raise PlanError(f"There is no augmentation {augment!r}: take one of {PRESETS}.")
    zoom = None if augment == "none" or max_zoom == 1 else max_zoom
    return tfms_from_model(arch, size, aug_tfms=_STEPS[augment], max_zoom=zoom)


def is_like_imagenet(augment: Preset) -> bool:
    """Whether photos that are varied this way are of the kind ImageNet holds.

    Pictures taken from above are not.
    """
    return augment != "top-down"
