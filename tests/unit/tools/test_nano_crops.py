"""Mirrors tools/nano_crops.py."""

import importlib
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image


@pytest.fixture
def crops() -> ModuleType:
    return importlib.import_module("nano_crops")


def photo(colour: tuple[int, int, int], size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, colour)


def test_a_batch_is_a_function_of_its_generator(crops: ModuleType) -> None:
    photos = crops.Photos([photo((200, 30, 30), (90, 60))], [photo((9, 9, 99), (8, 8))])

    first, second = (
        crops.draw_batch(photos, 6, 32, np.random.default_rng(4)) for _ in range(2)
    )

    assert first.shape == (6, 3, 32, 32)
    assert first.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_a_crop_of_plain_grey_differs_in_brightness_alone(crops: ModuleType) -> None:
    rng = np.random.default_rng(0)

    crop = np.asarray(crops.random_crop(photo((100, 100, 100), (50, 70)), 24, 0.1, rng))

    assert crop.shape == (24, 24, 3)
    assert crop.min() == crop.max()
    assert 70 <= crop.max() <= 130  # brightness changes by three tenths at most


def test_a_mixed_image_holds_itself_and_its_neighbour_alone(crops: ModuleType) -> None:
    """With images of 0, 1, 2 ... every pixel tells whose it is."""
    images = torch.arange(40.0).view(-1, 1, 1, 1).expand(-1, 3, 16, 16).contiguous()

    mixed = crops.mix(images, np.random.default_rng(1))

    low = torch.minimum(images, images.roll(1, 0))
    high = torch.maximum(images, images.roll(1, 0))
    assert torch.all((mixed >= low) & (mixed <= high))
    changed = (mixed != images).flatten(1).any(1)
    assert 0.25 < changed.float().mean() < 0.75
    pasted = (mixed == images.roll(1, 0)).flatten(1).any(1)
    assert (pasted & changed).any()
    assert (changed & ~pasted).any()


def test_the_normalised_mean_colour_is_zero(crops: ModuleType) -> None:
    """ImageNet's mean is 0.485, 0.456, 0.406."""
    images = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)

    torch.testing.assert_close((images - crops.MEAN) / crops.STD, torch.zeros(3, 1, 1))
