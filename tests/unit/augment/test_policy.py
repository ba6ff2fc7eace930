"""Mirrors src/unfreeze/augment/policy.py."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from unfreeze.augment import geometry
from unfreeze.augment.geometry import Canvas
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
from unfreeze.augment.steps import GeometricStep
from unfreeze.errors import PlanError

PHOTO = Canvas(40, 30)
DRAWS = 2000
TOLERANCE = 4 * math.sqrt(0.25 / DRAWS)  # four standard deviations of a share


def drawn(step: GeometricStep) -> NDArray[np.float64]:
    """Draw matrices; DRAWS x 3 x 3."""
    rng = np.random.default_rng(0)
    return np.stack([step.draw(rng, PHOTO).matrix for _ in range(DRAWS)])


def angles(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.degrees(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))


def test_rotations_fill_the_range_of_angles_on_both_sides() -> None:
    degrees = angles(drawn(RandomRotate(deg=10, p=1.0)))

    assert np.abs(degrees).max() <= 10
    assert degrees.min() < -9.9
    assert degrees.max() > 9.9
    assert np.mean(degrees > 0) == pytest.approx(0.5, abs=TOLERANCE)


def test_three_images_in_four_are_rotated() -> None:
    assert np.mean(angles(drawn(RandomRotate(10))) != 0) == pytest.approx(
        0.75, abs=TOLERANCE
    )


def test_half_of_the_images_are_mirrored() -> None:
    is_mirrored = drawn(RandomFlip())[:, 0, 0] == -1

    assert np.mean(is_mirrored) == pytest.approx(0.5, abs=TOLERANCE)


def test_all_eight_orientations_are_equally_likely() -> None:
    orientations, counts = np.unique(
        drawn(RandomDihedral())[:, :2, :2], axis=0, return_counts=True
    )

    assert len(orientations) == 8
    assert counts / DRAWS == pytest.approx(1 / 8, abs=TOLERANCE)


def test_a_quarter_turned_photo_is_mirrored_within_its_own_width() -> None:
    """Every orientation of a 40 x 30 canvas still covers exactly that photo."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        placement = RandomDihedral().draw(rng, PHOTO)
        corners = placement.matrix @ [[0, placement.canvas.width], [0] * 2, [1] * 2]
        assert set(corners[0]) | set(corners[1]) <= {0, 30, 40}


def test_zoom_stays_in_its_range() -> None:
    factors = 1 / drawn(RandomZoom(0.3, zoom_min=-0.2))[:, 0, 0]

    assert factors.min() == pytest.approx(0.8, abs=0.01)
    assert factors.max() == pytest.approx(1.3, abs=0.01)


def test_a_zoom_keeps_the_shape_of_things() -> None:
    matrices = drawn(RandomZoom(0.3))

    assert np.array_equal(matrices[:, 0, 0], matrices[:, 1, 1])


def test_a_stretch_enlarges_one_axis_and_either_as_often() -> None:
    across, down = 1 / drawn(RandomStretch(0.2))[:, (0, 1), (0, 1)].T

    assert np.minimum(across, down) == pytest.approx(1)
    assert np.maximum(across, down).max() == pytest.approx(1.2, abs=0.01)
    assert np.mean(across > 1) == pytest.approx(0.5, abs=TOLERANCE)


def test_rotate_zoom_chooses_by_its_probabilities() -> None:
    matrices = drawn(RandomRotateZoom(10, 0.2, 0.2, ps=(0.1, 0.2, 0.3, 0.4)))

    is_turned = matrices[:, 0, 1] != 0
    across, down = matrices[:, 0, 0], matrices[:, 1, 1]
    is_zoomed = ~is_turned & (across == down) & (across != 1)
    is_stretched = across != down
    shares = [is_turned.mean(), is_zoomed.mean(), is_stretched.mean()]
    assert shares == pytest.approx([0.1, 0.2, 0.3], abs=TOLERANCE)


def test_padding_is_always_added() -> None:
    rng = np.random.default_rng(0)

    assert AddPadding(4).draw(rng, PHOTO).canvas == geometry.pad(PHOTO, 4).canvas


def test_light_stays_within_its_limits() -> None:
    rng = np.random.default_rng(0)
    lights = [RandomLighting(0.05, 0.25).draw(rng) for _ in range(DRAWS)]
    brightness, contrast = np.array(lights).T

    assert brightness.min() == pytest.approx(-0.05, abs=0.001)
    assert brightness.max() == pytest.approx(0.05, abs=0.001)
    assert contrast.min() == pytest.approx(1 / 1.25, abs=0.001)
    assert contrast.max() == pytest.approx(1.25, abs=0.001)


@pytest.mark.parametrize(
    "step",
    [
        RandomRotate(),
        RandomFlip(),
        RandomDihedral(),
        RandomZoom(0.2),
        RandomStretch(0.2),
        RandomRotateZoom(10, 0.2, 0.2),
    ],
)
def test_equal_generators_draw_equal_geometry(step: GeometricStep) -> None:
    one, other = (
        [step.draw(rng, PHOTO).matrix for _ in range(20)]
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )

    assert np.array_equal(one, other)
    assert any(not np.array_equal(a, b) for a, b in pairwise(one))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomRotate(-1), "deg must be an angle from 0 to 180 degrees"),
        (lambda: RandomRotate(10, p=2), "p must be a probability from 0 to 1, got 2"),
        (lambda: RandomFlip(-0.1), "p must be a probability"),
        (lambda: RandomZoom(0.1, zoom_min=0.2), "-1 < zoom_min <= zoom_max"),
        (lambda: RandomZoom(0.0, zoom_min=-1), "-1 < zoom_min <= zoom_max"),
        (lambda: RandomZoom(math.nan), "-1 < zoom_min <= zoom_max"),
        (lambda: RandomStretch(-0.1), "max_stretch must be a finite number, 0 or more"),
        (lambda: RandomRotateZoom(400, 0, 0), "deg must be an angle"),
        (lambda: RandomRotateZoom(10, -1, 0), "zoom must be a finite number"),
        (lambda: RandomRotateZoom(10, 0, 0, (0.5, 0.5, 0.5, 0)), "add up to 1"),
        (lambda: RandomRotateZoom(10, 0, 0, (0.5, 0.5)), "4 probabilities"),  # type: ignore[arg-type]
        (lambda: AddPadding(-1), "pad must be 0 or more pixels, got -1"),
        (lambda: RandomLighting(2, 0), "b from 0 to 1"),
        (lambda: RandomLighting(0, -1), "c of 0 or more"),
    ],
)
def test_settings_out_of_range_are_refused(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        make()
