"""Mirrors src/unfreeze/numerics/calibration_interval.py."""

import numpy as np
import pytest

from unfreeze.errors import DataError
from unfreeze.numerics.calibration import calibration_error, reliability_bins
from unfreeze.numerics.calibration_interval import error_interval
from unfreeze.numerics.intervals import Interval


def _confidence(count: int) -> np.ndarray:
    """As sure as networks are: half of the answers above 0.95."""
    odds = np.random.default_rng(4).normal(3, 2.5, size=count)
    return np.maximum(1 / (1 + np.exp(-odds)), 0.5)


def _drawn(sure: np.ndarray, right: np.ndarray, seed: int) -> Interval:
    rng = np.random.default_rng(seed)
    is_right = rng.random(len(sure)) < right
    counted = calibration_error(reliability_bins(sure, is_right))
    return error_interval(sure, counted, rng)


def _odds_times(sure: np.ndarray, power: float) -> np.ndarray:
    return sure**power / (sure**power + (1 - sure) ** power)


@pytest.mark.parametrize("power", [1.0, 0.6, 0.35, 1.6])
def test_the_interval_holds_the_true_error(power: float) -> None:
    """In 95 of 100 samples, where 30 may well show 3 misses and hardly 6."""
    sure = _confidence(80)
    right = _odds_times(sure, power)
    true = float(np.abs(right - sure).mean())

    found = [_drawn(sure, right, seed) for seed in range(30)]

    assert sum(each.low - 1e-6 <= true <= each.high for each in found) >= 25


def test_errors_of_another_shape_are_held_too() -> None:
    """All odds of being right are half of what they should be."""
    sure = _confidence(80)
    right = sure / (2 - sure)
    true = float(np.abs(right - sure).mean())

    found = [_drawn(sure, right, seed) for seed in range(30)]

    assert sum(each.low <= true <= each.high for each in found) >= 25


def test_many_answers_leave_little_choice() -> None:
    sure = _confidence(40_000)
    right = _odds_times(sure, 0.5)
    true = float(np.abs(right - sure).mean())

    found = _drawn(sure, right, 0)

    assert found.low <= true <= found.high
    assert found.high - found.low < 0.01


def test_what_chance_explains_may_be_no_error_at_all() -> None:
    sure = _confidence(69)

    found = [_drawn(sure, sure, seed) for seed in range(20)]

    assert sum(each.low == 0 for each in found) >= 17
    assert np.median([each.high for each in found]) > 0.05


def test_a_wider_interval_holds_the_narrower_one() -> None:
    sure = _confidence(100)
    wide, narrow = (
        error_interval(sure, 0.08, np.random.default_rng(0), level=level)
        for level in (0.99, 0.5)
    )

    assert 0 <= wide.low <= narrow.low < narrow.high <= wide.high <= 1


def test_answers_that_err_more_than_a_temperature_can_say_nothing() -> None:
    """At 50 % any temperature leaves 50 %, so 40 points off is none's doing."""
    found = error_interval(np.full(500, 0.5), 0.4, np.random.default_rng(0))

    assert (found.low, found.high) == (0, 1)


def test_no_answers_have_no_interval() -> None:
    with pytest.raises(DataError, match="0 images"):
        error_interval(np.zeros(0), 0.1, np.random.default_rng(0))
