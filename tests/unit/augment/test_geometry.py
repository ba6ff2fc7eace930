"""Mirrors src/unfreeze/augment/geometry.py."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from unfreeze.augment import geometry
from unfreeze.augment.geometry import Canvas, Placement

PHOTO = Canvas(40, 30)


def source_of(placement: Placement, x: float, y: float) -> NDArray[np.float64]:
    return (placement.matrix @ (x, y, 1.0))[:2]


def test_keeping_takes_each_place_from_itself() -> None:
    assert source_of(geometry.keep(PHOTO), 7, 5) == pytest.approx((7, 5))


def test_resizing_takes_corners_from_corners() -> None:
    resized = geometry.resize(PHOTO, Canvas(20, 60))

    assert source_of(resized, 0, 0) == pytest.approx((0, 0))
    assert source_of(resized, 20, 60) == pytest.approx((40, 30))


def test_a_cut_begins_at_its_top_left_corner() -> None:
    assert source_of(geometry.cut(3, 4, Canvas(5, 5)), 0, 0) == pytest.approx((3, 4))


def test_padding_widens_the_canvas_on_all_sides() -> None:
    padded = geometry.pad(PHOTO, 2)

    assert padded.canvas == (44, 34)
    assert source_of(padded, 2, 2) == pytest.approx((0, 0))
    assert source_of(padded, 42, 32) == pytest.approx((40, 30))


def test_rotating_keeps_the_centre() -> None:
    assert source_of(geometry.rotate(PHOTO, 33), 20, 15) == pytest.approx((20, 15))


def test_a_positive_angle_turns_counter_clockwise() -> None:
    """What was right of the centre is above it after a quarter turn."""
    turned = geometry.rotate(PHOTO, 90)

    assert source_of(turned, 20, 15 - 4) == pytest.approx((20 + 4, 15))


def test_enlarging_takes_from_nearer_the_centre() -> None:
    enlarged = geometry.enlarge(PHOTO, across=2, down=1)

    assert source_of(enlarged, 0, 0) == pytest.approx((10, 0))
    assert enlarged.canvas == PHOTO


def test_mirroring_swaps_left_and_right_only() -> None:
    assert source_of(geometry.mirror(PHOTO), 1, 2) == pytest.approx((39, 2))


@pytest.mark.parametrize(
    ("turns", "top_left"), [(0, (0, 0)), (1, (40, 0)), (2, (40, 30)), (3, (0, 30))]
)
def test_quarter_turns_bring_each_corner_to_the_top_left(
    turns: int, top_left: tuple[int, int]
) -> None:
    turned = geometry.quarter_turn(PHOTO, turns)

    assert source_of(turned, 0, 0) == pytest.approx(top_left)
    assert turned.canvas == (PHOTO if turns % 2 == 0 else (30, 40))


def test_joined_moves_happen_in_reading_order() -> None:
    """Enlarging twofold and then shifting by 1 differs from the other way round."""
    enlarge = geometry.enlarge(PHOTO, 2, 2)
    shift = geometry.cut(1, 0, PHOTO)

    assert source_of(enlarge.then(shift), 20, 15) == pytest.approx((20.5, 15))
    assert source_of(shift.then(enlarge), 20, 15) == pytest.approx((21, 15))


def test_the_short_side_is_the_smaller_one() -> None:
    assert Canvas(40, 30).short_side == Canvas(30, 40).short_side == 30


def test_a_full_circle_of_rotations_changes_nothing() -> None:
    placement = geometry.keep(PHOTO)
    for _ in range(8):
        placement = placement.then(geometry.rotate(PHOTO, 45))

    assert placement.matrix == pytest.approx(np.eye(3), abs=40 * math.ulp(40))
