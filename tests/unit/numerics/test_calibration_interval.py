"""Mirrors src/unfreeze/numerics/calibration_interval.py."""

import numpy as np
import pytest
from scipy import stats

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


def test_answers_may_err_more_than_a_temperature_makes_them() -> None:
    """At 50 % any temperature leaves 50 %; here 1 of 10, or 9, are right."""
    exact = stats.binomtest(50, 500).proportion_ci(0.95, method="exact")

    found = error_interval(np.full(500, 0.5), 0.4, np.random.default_rng(0))

    assert found.low == pytest.approx(0.5 - exact.high, abs=0.01)
    assert found.high == pytest.approx(0.5 - exact.low, abs=0.01)


@pytest.mark.parametrize("accuracy", [0.53, 0.3])
def test_answers_of_a_network_on_photos_that_it_does_not_know(accuracy: float) -> None:
    """In 95 of 100 samples; all of them as wide as the binomial distribution is."""
    exact = stats.binomtest(round(200 * accuracy), 200).proportion_ci(0.95)
    width, held = exact.high - exact.low, 0
    for seed in range(30):
        sure = np.random.default_rng([seed, 1]).uniform(0.77, 0.95, size=200)
        true = float(sure.mean()) - accuracy

        found = _drawn(sure, np.full(200, accuracy), seed)

        held += found.low <= true <= found.high
        assert 0.6 * width < found.high - found.low < 1.6 * width
    assert held >= 25


@pytest.mark.parametrize("count", [100, 1000])
@pytest.mark.parametrize(("sure", "error"), [(0.9, 0.9), (0.5, 0.5), (0.2, 0.8)])
def test_answers_that_are_as_wrong_as_they_can_be(
    sure: float, error: float, count: int
) -> None:
    """Of none that was right, the binomial distribution leaves a few possible."""
    exact = stats.binomtest(0, count).proportion_ci(0.95, method="exact")

    found = error_interval(np.full(count, sure), error, np.random.default_rng(0))

    assert exact.high / 3 < error - found.low < 3 * exact.high
    assert found.high == pytest.approx(error)


def test_no_answers_have_no_interval() -> None:
    with pytest.raises(DataError, match="0 images"):
        error_interval(np.zeros(0), 0.1, np.random.default_rng(0))
