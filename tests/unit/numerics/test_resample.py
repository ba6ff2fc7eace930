"""Mirrors src/unfreeze/numerics/resample.py."""

import numpy as np
import pytest
from PIL import Image

from unfreeze.numerics.resample import blur, cut, weights


@pytest.mark.parametrize("shape", [(20, 31), (64, 64), (7, 90)], ids=str)
def test_cutting_the_whole_agrees_with_pillow(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (48, 60))

    image = Image.fromarray(picture.astype(np.float32))
    oracle = image.resize(shape[::-1], Image.Resampling.BILINEAR)

    # Beyond the edge, pillow drops weights where this repeats the last pixel.
    inner = (slice(2, -2), slice(2, -2))
    np.testing.assert_allclose(
        cut(picture, shape)[inner], np.asarray(oracle)[inner], atol=1e-3
    )


def test_a_window_of_whole_pixels_is_the_slice() -> None:
    picture = np.random.default_rng(1).normal(size=(40, 50))

    found = cut(picture, (20, 10), (0.25, 0.75, 0.4, 0.6))

    np.testing.assert_allclose(found, picture[10:30, 20:30], atol=1e-12)


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (-0.5, 0.2), (0.9, 1.7)])
def test_weights_add_up_to_one_also_outside(start: float, stop: float) -> None:
    np.testing.assert_allclose(weights(10, 25, start, stop).sum(axis=1), 1)


def test_a_blur_is_that_of_scipy_away_from_the_edges() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    picture = np.random.default_rng(2).normal(size=(40, 50))

    expected = ndimage.gaussian_filter(picture, 1.5, truncate=8)

    np.testing.assert_allclose(
        blur(picture, 1.5)[10:-10, 10:-10], expected[10:-10, 10:-10], atol=1e-9
    )


def test_a_blur_leaves_an_even_picture_alone() -> None:
    np.testing.assert_allclose(blur(np.full((9, 7), 3.0), 2.0), 3.0)
