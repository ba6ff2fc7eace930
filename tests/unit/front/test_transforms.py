"""Mirrors src/unfreeze/front/transforms.py."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import v2

from unfreeze.errors import DataError
from unfreeze.front.tfms import (
    imagenet_stats,
    tfms_from_stats,
    transforms_side_on,
)


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """60 x 80 pixels of smooth noise."""
    coarse = np.random.default_rng(1).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((80, 60), Image.Resampling.BICUBIC)
    return np.array(image)


def test_validation_is_torchvisions_resize_crop_and_normalise(
    photo: NDArray[np.uint8],
) -> None:
    _, valid = tfms_from_stats(imagenet_stats, 32, transforms_side_on, max_zoom=1.5)

    reference = v2.Compose(
        [
            v2.Resize(32, antialias=True),
            v2.CenterCrop(32),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(*imagenet_stats),
        ]
    )
    expected = reference(Image.fromarray(photo)).numpy()
    one_level = 1 / 255 / min(imagenet_stats[1])
    assert np.abs(valid(photo) - expected).max() <= one_level + 1e-6


def test_training_differs_from_call_to_call(photo: NDArray[np.uint8]) -> None:
    train, _ = tfms_from_stats(imagenet_stats, 32, transforms_side_on)

    assert not np.array_equal(train(photo), train(photo))


def test_training_repeats_itself_with_the_same_generator(
    photo: NDArray[np.uint8],
) -> None:
    train, _ = tfms_from_stats(imagenet_stats, 32, transforms_side_on, max_zoom=1.1)

    one, other = (train(photo, rng=np.random.default_rng(4)) for _ in range(2))

    assert np.array_equal(one, other)


def test_bytes_and_floats_of_one_image_give_the_same(photo: NDArray[np.uint8]) -> None:
    _, valid = tfms_from_stats(imagenet_stats, 32)

    assert np.array_equal(valid(photo), valid((photo / 255).astype(np.float32)))


def test_a_read_only_image_is_fine(photo: NDArray[np.uint8]) -> None:
    square = photo[:32, :32].copy()
    square.flags.writeable = False

    for transform in tfms_from_stats(None, 32):
        assert transform(square).shape == (3, 32, 32)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((8, 8), np.uint8), r"shape \(8, 8\). Expected \(height, width, 3\)"),
        (np.zeros((8, 8, 4), np.uint8), r"shape \(8, 8, 4\)"),
        (np.full((8, 8, 3), 255.0), "float64 with values from 255 to 255"),
        (np.full((8, 8, 3), -1.0), "Expected float on the 0-1 scale"),
        (np.full((8, 8, 3), np.nan), "Expected float on the 0-1 scale"),
        (np.zeros((8, 8, 3), np.int64), "image of int64"),
    ],
)
def test_what_is_no_image_is_refused(image: NDArray[Any], message: str) -> None:
    for transform in tfms_from_stats(None, 8):
        with pytest.raises(DataError, match=message):
            transform(image)
