"""Mirrors src/unfreeze/front/tfms.py."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from unfreeze.augment.policy import RandomFlip, RandomRotate
from unfreeze.errors import PlanError
from unfreeze.front import tfms
from unfreeze.front.tfms import (
    CropType,
    imagenet_stats,
    inception_stats,
    tfms_from_model,
    tfms_from_stats,
    transforms_basic,
    transforms_top_down,
)

LESSON_ORDER = [
    "sz",
    "aug_tfms",
    "max_zoom",
    "pad",
    "crop_type",
    "tfm_y",
    "sz_y",
    "pad_mode",
    "norm_y",
    "scale",
]


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """60 x 80 pixels of smooth noise."""
    coarse = np.random.default_rng(1).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((80, 60), Image.Resampling.BICUBIC)
    return np.array(image)


@pytest.mark.parametrize(
    ("function", "first"), [(tfms_from_model, "f_model"), (tfms_from_stats, "stats")]
)
def test_keywords_come_in_the_order_of_the_lesson(
    function: Callable[..., object], first: str
) -> None:
    assert list(inspect.signature(function).parameters) == [first, *LESSON_ORDER]


@pytest.mark.parametrize(
    ("arch", "stats"), [("resnet34", imagenet_stats), ("inception_4", inception_stats)]
)
def test_a_model_brings_its_own_statistics(arch: str, stats: tfms.Stats) -> None:
    train, valid = tfms_from_model(arch, 64)

    assert (valid.spec.mean, valid.spec.std) == stats
    assert train.spec == valid.spec
    assert valid.spec.size == 64


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(PlanError, match="resnt34"):
        tfms_from_model("resnt34", 64)


def test_validation_is_never_random(photo: NDArray[np.uint8]) -> None:
    _, valid = tfms_from_stats(
        imagenet_stats, 32, transforms_top_down, max_zoom=1.5, pad=4
    )

    assert np.array_equal(valid(photo), valid(photo))


def test_without_variation_training_and_validation_agree(
    photo: NDArray[np.uint8],
) -> None:
    train, valid = tfms_from_stats(imagenet_stats, 32, crop_type=CropType.CENTER)

    levels = np.abs(train(photo) - valid(photo)) * 255 * 0.229
    assert levels.max() < 1.1  # quicker resizing rounds some pixels the other way
    assert (levels > 0.01).mean() < 0.02


@pytest.mark.parametrize("crop_type", list(CropType))
def test_both_give_float32_with_channels_first(
    photo: NDArray[np.uint8], crop_type: CropType
) -> None:
    for transform in tfms_from_stats(None, 32, transforms_basic, crop_type=crop_type):
        image = transform(photo)
        assert image.shape == (3, 32, 32)
        assert image.dtype == np.float32
        assert image.flags.c_contiguous


def test_squashing_shows_the_whole_image_in_both(photo: NDArray[np.uint8]) -> None:
    train, valid = tfms_from_stats(None, 32, crop_type=CropType.NO)

    expected = Image.fromarray(photo).resize((32, 32), Image.Resampling.BILINEAR)
    for transform in (train, valid):
        image = transform(photo).transpose(1, 2, 0) * 255
        assert np.abs(image - np.asarray(expected)).max() <= 1.01


def test_without_stats_values_stay_between_0_and_1(photo: NDArray[np.uint8]) -> None:
    _, valid = tfms_from_stats(None, 32)

    image = valid(photo)
    assert 0 <= image.min() < image.max() <= 1


def test_a_single_step_needs_no_list() -> None:
    train, _ = tfms_from_stats(None, 32, aug_tfms=RandomFlip())

    assert train.augmentation.steps == (RandomFlip(),)


def test_a_single_function_needs_no_list(photo: NDArray[np.uint8]) -> None:
    train, _ = tfms_from_stats(None, 32, aug_tfms=lambda image: image * 0)

    assert train(photo).max() == 0


def test_no_steps_are_none() -> None:
    train, _ = tfms_from_stats(None, 32, aug_tfms=None)

    assert train.augmentation.steps == ()


@pytest.mark.parametrize("crop_type", [CropType.RANDOM, CropType.GOOGLENET])
def test_the_callers_list_is_neither_changed_nor_watched(crop_type: CropType) -> None:
    steps: list[Any] = [RandomRotate(5)]

    train, _ = tfms_from_stats(None, 32, aug_tfms=steps, crop_type=crop_type)

    assert steps == [RandomRotate(5)]
    steps.append(RandomFlip())
    assert train.augmentation.steps == (RandomRotate(5),)


@pytest.mark.parametrize(
    ("max_zoom", "bounds"),
    [
        (None, None),
        (1.1, (1.0, 1.1)),
        (2, (1.0, 2.0)),
        ((0.9, 1.2), (0.9, 1.2)),
        ([0.9, 1.2], (0.9, 1.2)),
    ],
)
def test_a_zoom_is_one_number_or_two(
    max_zoom: tfms.MaxZoom, bounds: tuple[float, float] | None
) -> None:
    train, _ = tfms_from_stats(None, 32, max_zoom=max_zoom)

    assert train.augmentation.max_zoom == bounds


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tfm_y": 1}, "Got tfm_y=1.* leave these four out"),
        ({"sz_y": 32}, "sz_y=32"),
        ({"norm_y": False}, "norm_y=False"),
        ({"scale": []}, r"scale=\[\]"),
        ({"sz": 0}, "sz must be 1 to 4,096 pixels, got 0"),
        ({"sz": 4097}, "sz must be 1 to 4,096 pixels, got 4097"),
        ({"max_zoom": 0.9}, "max_zoom must be"),
        ({"max_zoom": "big"}, "max_zoom must be a number of 1 or more"),
        ({"pad_mode": 4}, "pad_mode must be one of .*'reflect'"),
        ({"crop_type": "random"}, "crop_type must be one of .*CropType.RANDOM"),
        ({"crop_type": CropType.NO, "pad": 4}, "have no effect with crop 'squash'"),
        ({"stats": ((0.5,), (0.5,))}, "3 channels"),
        ({"stats": ((0.5,) * 3,)}, "mean and the standard deviation"),
        ({"stats": ((0.5,) * 3, (0.0,) * 3)}, r"deviation \(above 0\)"),
        ({"aug_tfms": [RandomFlip]}, "Make one"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        tfms_from_stats(**({"stats": None, "sz": 32} | settings))


def test_stats_may_be_arrays() -> None:
    _, valid = tfms_from_stats([np.full(3, 0.25), np.full(3, 0.5)], 32)

    assert valid.spec.mean == (0.25, 0.25, 0.25)
    assert valid.spec.std == (0.5, 0.5, 0.5)


def test_every_step_of_2018_has_its_name_here() -> None:
    names = "AddPadding Cutout RandomBlur RandomDihedral RandomFlip RandomLighting "
    names += "RandomRotate RandomRotateZoom RandomStretch RandomZoom"

    assert set(names.split()) <= set(tfms.__all__)
