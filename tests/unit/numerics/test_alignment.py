"""Mirrors src/unfreeze/numerics/alignment.py."""

import numpy as np
import pytest

from unfreeze.numerics.alignment import detail_agreement
from unfreeze.numerics.resample import blur, cut


def _picture(seed: int, fine: int = 0) -> np.ndarray:
    """Coarse structure by one seed, detail by another."""
    coarse = blur(np.random.default_rng(seed).normal(size=(128, 128)), 5.0)
    detail = blur(np.random.default_rng(100 + fine).normal(size=(128, 128)), 1.0)
    return 400 * coarse + 60 * detail


@pytest.mark.parametrize("shift", [-0.03, 0.0, 0.03])
def test_an_inexact_window_is_moved_until_detail_agrees(shift: float) -> None:
    whole = _picture(0)
    part = 0.7 * cut(whole, (128, 128), (0.1, 0.8, 0.2, 0.9)) + 30

    found = detail_agreement(part, whole, (0.1 + shift, 0.8, 0.2, 0.9 - shift))

    assert found > 0.95


def test_alike_in_coarse_structure_is_not_the_same() -> None:
    first, second = _picture(1, fine=1), _picture(1, fine=2)

    assert detail_agreement(first, second, (0.0, 1.0, 0.0, 1.0)) < 0.8


def test_an_even_picture_agrees_with_nothing() -> None:
    even = np.full((128, 128), 50.0)

    assert abs(detail_agreement(even, _picture(2), (0.0, 1.0, 0.0, 1.0))) < 0.1
    assert abs(detail_agreement(_picture(2), even, (0.0, 1.0, 0.0, 1.0))) < 0.1
