"""Mirrors src/unfreeze/augment/windows.py."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from unfreeze.augment import geometry
from unfreeze.augment.geometry import Canvas
from unfreeze.augment.kernels import Border
from unfreeze.augment.windows import cut_to_window

Pixels = NDArray[np.uint8]
SlowWarp = Callable[..., NDArray[np.float64]]


def numbered(width: int, height: int) -> Pixels:
    """Tell columns by red and rows by green."""
    y, x = np.indices((height, width))
    return np.stack([x, y, x], axis=2).astype(np.uint8)


@pytest.mark.parametrize("border", get_args(Border))
@pytest.mark.parametrize("seed", range(4))
def test_a_warp_of_the_window_is_a_warp_of_the_image(
    slow_warp: SlowWarp, border: Border, seed: int
) -> None:
    """Written-out interpolation; inside, on the border, and far outside."""
    rng = np.random.default_rng(seed)
    num_smaller = 0
    for _ in range(25):
        width, height = rng.integers(2, 40, 2)
        image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        matrix = np.eye(3)
        matrix[:2, :2] = rng.uniform(-1.2, 1.2, (2, 2))
        matrix[:2, 2] = rng.uniform(-1.5, 2.5, 2) * (width, height)

        window, moved = cut_to_window(image, matrix, Canvas(5, 4))

        num_smaller += window.size < image.size
        expected = slow_warp(image, matrix, 5, 4, border)
        assert np.allclose(slow_warp(window, moved, 5, 4, border), expected, atol=1e-8)
    assert num_smaller > 5


def test_only_what_is_read_and_a_pixel_around_it_is_left() -> None:
    matrix = geometry.cut(20, 7, Canvas(8, 8)).matrix

    window, moved = cut_to_window(numbered(90, 60), matrix, Canvas(8, 8))

    assert window[0, :, 0].tolist() == [*range(19, 30)]
    assert window[:, 0, 1].tolist() == [*range(6, 17)]
    assert moved[:2, 2].tolist() == [1, 1]
    assert matrix[:2, 2].tolist() == [20, 7]


def test_the_border_and_its_mirror_image_stay() -> None:
    """A square that begins 6 columns before the image shows columns 0 to 6."""
    matrix = geometry.cut(-6, 30, Canvas(8, 8)).matrix

    window, _ = cut_to_window(numbered(90, 60), matrix, Canvas(8, 8))

    assert window[0, 0, 0] == 0
    assert window[0, -1, 0] in (6, 7)


def test_what_is_left_is_bounded_however_long_the_image_is() -> None:
    panorama = np.zeros((10, 30_000, 3), dtype=np.uint8)
    matrix = geometry.cut(12_000, 1, Canvas(8, 8)).matrix

    window, _ = cut_to_window(panorama, matrix, Canvas(8, 8))

    assert window.shape[1] < 16
    assert window.base is None


def test_where_all_is_read_nothing_is_copied() -> None:
    image = numbered(9, 9)
    matrix = np.eye(3)

    window, moved = cut_to_window(image, matrix, Canvas(9, 9))

    assert window is image
    assert moved is matrix
