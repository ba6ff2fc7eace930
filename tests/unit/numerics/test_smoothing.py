"""Mirrors src/unfreeze/numerics/smoothing.py."""

import math

import numpy as np
import pytest
from scipy.ndimage import median_filter

from unfreeze.numerics.smoothing import (
    RunningMean,
    local_lines,
    running_median,
    smoothed,
)


def test_the_running_mean_equals_the_weighted_mean_of_all_values() -> None:
    values = np.random.default_rng(0).normal(size=40)
    expected = [
        np.average(values[: n + 1], weights=0.9 ** np.arange(n, -1, -1.0))
        for n in range(40)
    ]

    np.testing.assert_allclose(smoothed(values, decay=0.9), expected)


def test_the_first_value_is_its_own_mean() -> None:
    assert RunningMean().plus(3.5).value == pytest.approx(3.5)


def test_there_is_no_mean_before_the_first_value() -> None:
    assert math.isnan(RunningMean().value)


@pytest.mark.parametrize("width", [1, 3, 5])
def test_the_running_median_equals_that_of_scipy(width: int) -> None:
    values = np.random.default_rng(0).normal(size=30)

    expected = median_filter(values, size=width, mode="nearest")

    np.testing.assert_array_equal(running_median(values, width), expected)


def test_local_lines_follow_a_straight_line_exactly_up_to_its_ends() -> None:
    x = np.sort(np.random.default_rng(0).random(20))

    heights = local_lines(x, 3 * x - 1, width=0.1)

    np.testing.assert_allclose(heights, 3 * x - 1)


def test_local_lines_equal_weighted_least_squares() -> None:
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.random(15)), rng.random(15)
    at = 4
    weights = np.exp(-0.5 * ((x - x[at]) / 0.2) ** 2)
    _, height = np.polyfit(x - x[at], y, 1, w=np.sqrt(weights))

    heights = local_lines(x, y, width=0.2)

    assert heights[at] == pytest.approx(height)
