"""Mirrors src/unfreeze/insight/heat.py."""

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from unfreeze.errors import DataError
from unfreeze.insight.heat import colour_scale, enlarged, overlay


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def _lab(colours: np.ndarray) -> np.ndarray:
    """CIELAB of RGB colours, by OpenCV."""
    shares = (colours[None] / 255).astype(np.float32)
    return np.asarray(cv2.cvtColor(shares, cv2.COLOR_RGB2LAB)[0])


def test_hotter_is_lighter_throughout() -> None:
    lightness = _lab(colour_scale(np.linspace(0, 1, 64)))[:, 0]

    assert (np.diff(lightness) > 0).all()
    assert lightness[0] < 20
    assert lightness[-1] > 90


def test_equal_steps_look_about_equal() -> None:
    """As even as matplotlib's viridis, whose steps differ by a factor of 2.4."""
    colours = _lab(colour_scale(np.linspace(0, 1, 33)))
    steps = np.linalg.norm(np.diff(colours, axis=0), axis=1)

    assert steps.max() / steps.min() < 2.6


def test_values_beyond_the_ends_take_the_colour_of_the_end() -> None:
    beyond, ends = np.array([-1, 2, np.nan]), np.array([0, 1, 0])

    np.testing.assert_array_equal(colour_scale(beyond), colour_scale(ends))


@pytest.mark.parametrize("size", [(20, 30), (7, 7), (3, 2), (1, 1)])
def test_a_map_is_stretched_as_torch_does(size: tuple[int, int]) -> None:
    heat = np.random.default_rng(1).random((4, 5), dtype=np.float32)
    expected = functional.interpolate(
        torch.from_numpy(heat)[None, None], size=size, mode="bilinear"
    )

    np.testing.assert_allclose(enlarged(heat, *size), expected[0, 0], atol=1e-6)


def test_a_cold_photo_is_grey_a_little_dimmed_and_left_alone(
    photo: np.ndarray,
) -> None:
    before = photo.copy()

    shown = overlay(photo, np.zeros((7, 7)))

    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(float)
    for channel in range(3):
        assert np.abs(shown[..., channel] - 0.85 * grey).max() <= 1
    np.testing.assert_array_equal(photo, before)


def test_full_heat_at_full_strength_hides_the_photo(photo: np.ndarray) -> None:
    shown = overlay(photo, np.ones((3, 3)), strength=1)

    assert (shown == colour_scale(np.array(1.0))).all()


def test_heat_colours_its_own_corner_only(photo: np.ndarray) -> None:
    heat = np.zeros((2, 3))
    heat[0, 2] = 1

    changed = (overlay(photo, heat) != overlay(photo, 0 * heat)).any(axis=2)

    assert changed[:5, 25:].mean() > 0.9
    assert not changed[:, :14].any()
    assert not changed[16:].any()


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_what_is_no_photo_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(DataError, match="Expected uint8"):
        overlay(wrong, np.zeros((2, 2)))


def test_a_strength_beyond_one_is_refused(photo: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"0 to 1, got 1\.5"):
        overlay(photo, np.zeros((2, 2)), strength=1.5)
