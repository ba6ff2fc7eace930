"""The lesson's words for how images are varied and normalised.

    tfms = tfms_from_model(resnet34, 224, aug_tfms=transforms_side_on, max_zoom=1.1)

The pair that comes back is for training and for validation, in this order.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from unfreeze.augment.kernels import Border
from unfreeze.augment.pipeline import Augmentation, Crop
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
from unfreeze.augment.recipes import BASIC, SIDE_ON, TOP_DOWN
from unfreeze.augment.steps import Step
from unfreeze.errors import PlanError
from unfreeze.front.transforms import TrainTransform, ValidTransform
from unfreeze.model_file.header import MOST_PIXELS
from unfreeze.records import ImageSpec

__all__ = [
    "AddPadding",
    "CropType",
    "Cutout",
    "RandomBlur",
    "RandomDihedral",
    "RandomFlip",
    "RandomLighting",
    "RandomRotate",
    "RandomRotateZoom",
    "RandomStretch",
    "RandomZoom",
    "TrainTransform",
    "ValidTransform",
    "imagenet_stats",
    "inception_stats",
    "tfms_from_model",
    "tfms_from_stats",
    "transforms_basic",
    "transforms_side_on",
    "transforms_top_down",
]

Stats: TypeAlias = Sequence[Sequence[float] | Float[np.ndarray, " 3"]]
AugTfms: TypeAlias = Step | ImageFunction | Sequence[Step | ImageFunction] | None
MaxZoom: TypeAlias = float | Sequence[float] | None

transforms_basic = BASIC
transforms_side_on = SIDE_ON
transforms_top_down = TOP_DOWN

imagenet_stats: Stats = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
inception_stats: Stats = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


class CropType(Enum):
    """How the square is taken from an image."""

    RANDOM = "random"
    """A random place in training, the centre in validation."""

    CENTER = "center"
    """The centre in both."""

    NO = "squash"
    """The whole image, squeezed, in both."""

    GOOGLENET = "random-area"
    """A random part of random shape in training, the centre in validation."""


def tfms_from_model(
    f_model: str,
    sz: int,
    aug_tfms: AugTfms = None,
    max_zoom: MaxZoom = None,
    pad: int = 0,
    crop_type: CropType = CropType.RANDOM,
    tfm_y: None = None,
    sz_y: None = None,
    pad_mode: Border = "reflect",
    norm_y: bool = True,
    scale: None = None,
) -> tuple[TrainTransform, ValidTransform]:
    """Prepare images for an architecture, with the statistics it was trained with.

    Args:
        f_model: Architecture: a name, or one of the lesson's constants.
        sz: Side of the square that the model reads, in pixels.
        aug_tfms: What varies a training image: one step or several, or functions
            from a float32 image (height x width x RGB, 0-1) to one of the same
            shape. The order is kept.
        max_zoom: Largest zoom of a training image, 1 or more; or smallest and
            largest.
        pad: Pixels added on each side of a scaled training image.
        crop_type: How the square is taken.
        tfm_y: Only None: labels are not images here. So for ``sz_y``, and
            ``norm_y`` only True.
        sz_y: See ``tfm_y``.
        pad_mode: What lies outside a training image: "reflect", "edge" or
            "constant" (black).
        norm_y: See ``tfm_y``.
        scale: Only None: scaling is part of decoding.

    Returns:
        The transform for training, and the one for validation and test images.

    Raises:
        PlanError: If a setting is out of range, or contradicts another.
    """
    from unfreeze.models.backbones import spec_for

    _refuse_targets(tfm_y, sz_y, norm_y, scale)
    _require_side(sz)
    spec = spec_for(f_model, sz)
    return _pair(spec, aug_tfms, max_zoom, pad, crop_type, pad_mode)


def tfms_from_stats(
    stats: Stats | None,
    sz: int,
    aug_tfms: AugTfms = None,
    max_zoom: MaxZoom = None,
    pad: int = 0,
    crop_type: CropType = CropType.RANDOM,
    tfm_y: None = None,
    sz_y: None = None,
    pad_mode: Border = "reflect",
    norm_y: bool = True,
    scale: None = None,
) -> tuple[TrainTransform, ValidTransform]:
    """Prepare images with a mean and a standard deviation of one's own.

    Args:
        stats: Mean and standard deviation of each RGB channel on the 0-1 scale.
            None leaves images on that scale.
        sz: As in ``tfms_from_model``, and so for all the others.
        aug_tfms: See ``sz``.
        max_zoom: See ``sz``.
        pad: See ``sz``.
        crop_type: See ``sz``.
        tfm_y: See ``sz``.
        sz_y: See ``sz``.
        pad_mode: See ``sz``.
        norm_y: See ``sz``.
        scale: See ``sz``.

    Returns:
        The transform for training, and the one for validation and test images.

    Raises:
        PlanError: If a setting is out of range, or contradicts another.

    Example:
        >>> train, valid = tfms_from_stats(imagenet_stats, 4, transforms_side_on)
        >>> valid(np.zeros((6, 8, 3), dtype=np.uint8)).shape
        (3, 4, 4)
    """
    _refuse_targets(tfm_y, sz_y, norm_y, scale)
    _require_side(sz)
    mean, std = _checked_stats(stats)
    spec = ImageSpec(size=sz, mean=mean, std=std)
    return _pair(spec, aug_tfms, max_zoom, pad, crop_type, pad_mode)


def _pair(
    spec: ImageSpec,
    aug_tfms: AugTfms,
    max_zoom: MaxZoom,
    pad: int,
    crop_type: CropType,
    pad_mode: Border,
) -> tuple[TrainTransform, ValidTransform]:
    crop = _crop(crop_type)
    spec = replace(spec, squash=crop == "squash")
    augmentation = Augmentation(
        spec=spec,
        steps=_as_steps(aug_tfms),
        crop=crop,
        max_zoom=_zoom_bounds(max_zoom),
        pad=pad,
        pad_mode=pad_mode,
    )
    return TrainTransform(augmentation), ValidTransform(spec)


def _as_steps(aug_tfms: AugTfms) -> tuple[Step | ImageFunction, ...]:
    if aug_tfms is None:
        return ()
    return tuple(aug_tfms) if isinstance(aug_tfms, Sequence) else (aug_tfms,)


def _crop(crop_type: CropType) -> Crop:
    if not isinstance(crop_type, CropType):
        raise PlanError(
            f"crop_type must be one of {[str(choice) for choice in CropType]}, "
            f"got {crop_type!r}."
        )
    return crop_type.value


def _zoom_bounds(max_zoom: MaxZoom) -> tuple[float, float] | None:
    match max_zoom:
        case None:
            return None
        case (smallest, largest):
            return float(smallest), float(largest)
        case int() | float():
            return 1.0, float(max_zoom)
        case _:
            raise PlanError(
                f"max_zoom must be a number of 1 or more, or the smallest and the "
                f"largest zoom, got {max_zoom!r}."
            )


def _checked_stats(
    stats: Stats | None,
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    if stats is None:
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    numbers = [tuple(float(value) for value in row) for row in stats]
    if [len(row) for row in numbers] != [3, 3] or min(numbers[1]) <= 0:
        raise PlanError(
            f"stats must be the mean and the standard deviation (above 0) of 3 "
            f"channels, got {numbers}."
        )
    (r, g, b), (r_std, g_std, b_std) = numbers
    return (r, g, b), (r_std, g_std, b_std)


def _require_side(sz: int) -> None:
    if not 1 <= sz <= MOST_PIXELS:
        raise PlanError(f"sz must be 1 to {MOST_PIXELS:,} pixels, got {sz}.")


def _refuse_targets(tfm_y: object, sz_y: object, norm_y: object, scale: object) -> None:
    if (tfm_y, sz_y, norm_y, scale) != (None, None, True, None):
        raise PlanError(
            f"Got tfm_y={tfm_y!r}, sz_y={sz_y!r}, norm_y={norm_y!r}, scale={scale!r}. "
            "Labels are classes here, not images, and scaling is part of decoding: "
            "leave these four out."
        )
