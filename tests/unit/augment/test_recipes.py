"""Mirrors src/unfreeze/augment/recipes.py."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.recipes import BASIC, SIDE_ON, TOP_DOWN
from unfreeze.augment.steps import Step
from unfreeze.records import ImageSpec

Matrices = NDArray[np.float64]
Views = Callable[[tuple[Step, ...]], Matrices]

SIDE = 51
DRAWS = 600
TOLERANCE = 4 * math.sqrt(0.25 / DRAWS)


@pytest.fixture(scope="module")
def views(
    ramps: Callable[[int, int], NDArray[np.uint8]],
    steps_of: Callable[..., Matrices],
) -> Views:
    """Measure how many views of one square image lie on it; DRAWS x 2 x 2."""
    image = ramps(SIDE, SIDE)

    def measure(steps: tuple[Step, ...]) -> Matrices:
        rng = np.random.default_rng(1)
        augmentation = Augmentation(spec=ImageSpec(size=SIDE), steps=steps)
        return np.stack(
            [steps_of(augmentation.apply(image, rng), SIDE, SIDE) for _ in range(DRAWS)]
        )

    return measure


def tilts(measured: Matrices) -> NDArray[np.float64]:
    """Degrees between each view and the nearest of the four upright positions."""
    degrees = np.degrees(np.arctan2(measured[:, 1, 1], measured[:, 0, 1]))
    return (degrees + 45) % 90 - 45


@pytest.mark.parametrize("steps", [BASIC, SIDE_ON, TOP_DOWN])
def test_nothing_tilts_by_more_than_ten_degrees(
    views: Views, steps: tuple[Step, ...]
) -> None:
    degrees = tilts(views(steps))

    assert np.abs(degrees).max() < 10.3
    assert np.abs(degrees).max() > 9
    assert np.mean(np.abs(degrees) > 0.3) == pytest.approx(0.75, abs=TOLERANCE + 0.03)


def test_basic_never_mirrors(views: Views) -> None:
    assert (np.linalg.det(views(BASIC)) > 0).all()


def test_side_on_mirrors_half_of_the_images(views: Views) -> None:
    is_mirrored = np.linalg.det(views(SIDE_ON)) < 0

    assert np.mean(is_mirrored) == pytest.approx(0.5, abs=TOLERANCE)


def test_side_on_never_turns_an_image_upside_down(views: Views) -> None:
    """Further down in the view is always further down in the photo."""
    assert (views(SIDE_ON)[:, 1, 1] > 0.9).all()


def test_top_down_yields_all_eight_orientations(views: Views) -> None:
    orientations = np.unique(np.rint(views(TOP_DOWN)).astype(int), axis=0)

    assert len(orientations) == 8


@pytest.mark.parametrize("steps", [BASIC, SIDE_ON, TOP_DOWN])
def test_light_changes_by_a_twentieth_at_most(steps: tuple[Step, ...]) -> None:
    """A light grey of 0.8 becomes 0.735 to 0.865: brightness and contrast at once."""
    rng = np.random.default_rng(2)
    grey = np.full((8, 8, 3), 204, dtype=np.uint8)
    augmentation = Augmentation(spec=ImageSpec(size=8), steps=steps)
    levels = np.array([augmentation.apply(grey, rng)[4, 4, 0] for _ in range(400)])

    assert levels.min() == pytest.approx(255 * (0.5 + 0.3 / 1.05 - 0.05), abs=3)
    assert levels.max() == pytest.approx(255 * (0.5 + 0.3 * 1.05 + 0.05), abs=3)
