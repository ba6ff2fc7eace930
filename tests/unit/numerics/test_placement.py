"""Mirrors src/unfreeze/numerics/placement.py."""

import numpy as np
import pytest

from unfreeze.numerics.placement import Placeable, Window, place
from unfreeze.numerics.resample import blur, cut


def _picture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(128, 128))
    return 100 * blur(noise, 2.0) + 60 * blur(noise, 6.0)


@pytest.mark.parametrize(
    "window",
    [(0, 1, 0, 1), (0.125, 0.825, 0.25, 0.95), (0, 1, 0.2, 0.8), (0.28, 0.88, 0, 0.6)],
    ids=str,
)
def test_a_part_is_placed_where_it_was_cut_out(window: Window) -> None:
    whole = _picture(0)
    part = cut(whole, (128, 128), window)

    likeness, found = place(Placeable.of(part), Placeable.of(whole))

    assert likeness > 0.9
    np.testing.assert_allclose(found, window, atol=0.04)


def test_contrast_and_brightness_do_not_matter() -> None:
    whole = _picture(1)

    likeness, _ = place(Placeable.of(0.3 * whole + 40), Placeable.of(whole))

    assert likeness == pytest.approx(1, abs=1e-3)


def test_other_pictures_do_not_agree() -> None:
    likeness, _ = place(Placeable.of(_picture(2)), Placeable.of(_picture(3)))

    assert likeness < 0.6


def test_an_even_picture_agrees_with_nothing() -> None:
    even = Placeable.of(np.full((64, 64), 9.0))

    assert abs(place(even, Placeable.of(_picture(4)))[0]) < 0.1
    assert abs(place(Placeable.of(_picture(4)), even)[0]) < 0.1
