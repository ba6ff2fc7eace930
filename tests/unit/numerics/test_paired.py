"""Mirrors src/unfreeze/numerics/paired.py."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import beta, binomtest, multinomial

from unfreeze.errors import PlanError
from unfreeze.numerics.paired import difference_interval, fewest_to_tell, mcnemar

# --- mcnemar -----------------------------------------------------------------------


def test_p_values_are_those_of_the_exact_binomial_test() -> None:
    for fixed in range(13):
        for broken in range(13):
            tosses = fixed + broken
            expected = binomtest(fixed, tosses).pvalue if tosses else 1.0
            assert mcnemar(fixed, broken) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("counts", [(140, 190), (10_050, 9_700), (40_000, 41_000)])
def test_many_disagreements_do_not_overflow(counts: tuple[int, int]) -> None:
    expected = binomtest(counts[0], sum(counts)).pvalue

    assert mcnemar(*counts) == pytest.approx(expected, rel=1e-6)
    assert mcnemar(*reversed(counts)) == mcnemar(*counts)


def test_the_impossible_is_0_and_not_an_error() -> None:
    assert mcnemar(0, 5_000) == 0.0


def test_without_disagreements_chance_explains_everything() -> None:
    assert mcnemar(0, 0) == 1.0


def test_false_alarms_stay_within_the_level() -> None:
    """Every split of up to 60 fair tosses, by its probability."""
    for tosses in range(1, 61):
        alarm = sum(
            math.comb(tosses, fixed) / 2**tosses
            for fixed in range(tosses + 1)
            if mcnemar(fixed, tosses - fixed) < 0.05
        )
        assert alarm <= 0.05


@pytest.mark.parametrize("alpha", [0.5, 0.1, 0.0625, 0.05, 0.01, 0.001])
def test_the_fewest_disagreements_that_tell(alpha: float) -> None:
    counted = next(n for n in range(1, 50) if mcnemar(0, n) < alpha)

    assert fewest_to_tell(alpha) == counted


# --- difference_interval -----------------------------------------------------------


def melded(fixed: int, broken: int, num_images: int, alpha: float) -> tuple[float, ...]:
    """Both ends by scipy: the differences beyond which alpha / 2 lies."""
    places = (np.arange(20_000) + 0.5) / 20_000

    def lower(up: int, down: int) -> float:
        def end(flips: int) -> float:
            often = beta.ppf(places, flips, num_images + 1 - flips)

            def gap(at: float) -> float:
                below = beta.cdf((1 + at / often) / 2, up, down + 1)
                return float(below.mean()) - alpha / 2

            return float(brentq(gap, -1, 1, xtol=1e-9))

        return min(end(up + down), end(up + down + 1))

    return lower(fixed, broken), -lower(broken, fixed)


@pytest.mark.parametrize(
    ("fixed", "broken", "num_images"),
    [(12, 2, 50), (1, 7, 21), (9, 9, 40), (5, 1, 300)],
)
def test_ends_are_those_of_melded_exact_bounds(
    fixed: int, broken: int, num_images: int
) -> None:
    expected = melded(fixed, broken, num_images, 0.1)

    found = difference_interval(fixed, broken, num_images, 0.1)

    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("most", "agreeing", "alpha"),
    [
        pytest.param(20, 60, 0.05, marks=pytest.mark.slow),
        (6, 60, 0.05),
        (6, 60, 0.0625),  # the very p-value of 5 to 0
        (6, 0, 0.3),
    ],
)
def test_0_lies_outside_exactly_where_the_test_rejects(
    most: int, agreeing: int, alpha: float
) -> None:
    for fixed in range(most + 1):
        for broken in range(most + 1):
            num_images = max(fixed + broken + agreeing, 1)
            low, high = difference_interval(fixed, broken, num_images, alpha)
            is_clear = mcnemar(fixed, broken) < alpha
            assert (low > 0 or high < 0) == is_clear, (fixed, broken)


@pytest.mark.parametrize("alpha", [0.05, 0.3])
def test_all_broken_may_be_as_many_as_an_exact_bound_says(alpha: float) -> None:
    """Nothing was fixed: the least difference is the most that can be broken."""
    expected = binomtest(6, 80).proportion_ci(1 - alpha).high

    assert difference_interval(0, 6, 80, alpha)[0] == pytest.approx(-expected)


def test_without_disagreements_the_ends_have_a_closed_form() -> None:
    """Those of Clopper and Pearson for a share of 0 out of n."""
    end = 1 - 0.025 ** (1 / 80)

    assert difference_interval(0, 0, 80) == pytest.approx((-end, end))


@pytest.mark.parametrize("num_images", [7, 30, 500])
def test_all_fixed_reaches_1(num_images: int) -> None:
    lower, upper = difference_interval(num_images, 0, num_images)

    assert upper == pytest.approx(1)
    assert 0 < lower < 1


def test_of_many_photos_it_is_a_normal_interval() -> None:
    """Wald's, for a million photos."""
    fixed, broken, count = 100_000, 99_000, 1_000_000
    spread = math.sqrt(fixed + broken - (fixed - broken) ** 2 / count) / count

    found = difference_interval(fixed, broken, count)

    middle = (fixed - broken) / count
    wide = 1.959964 * spread
    assert found == pytest.approx((middle - wide, middle + wide), abs=5e-6)


def test_trading_places_turns_the_interval_around() -> None:
    lower, upper = difference_interval(31, 14, 300)

    turned = difference_interval(14, 31, 300)
    assert turned == pytest.approx((-upper, -lower))
    assert lower < 17 / 300 < upper


def outcomes(
    num_images: int, shares: tuple[float, float]
) -> Iterator[tuple[int, int, float]]:
    """All counts of fixed and broken photos with their probabilities."""
    most = num_images + 1
    fixed, broken = (each.ravel() for each in np.indices((most, most)))
    level = num_images - fixed - broken
    possible = level >= 0
    counts = np.stack([fixed, broken, level], axis=1)[possible]
    chances = multinomial.pmf(counts, num_images, [*shares, 1 - sum(shares)])
    for (up, down, _), chance in zip(counts.tolist(), chances, strict=True):
        if chance > 1e-7:
            yield up, down, float(chance)


def coverage(num_images: int, shares: tuple[float, float]) -> float:
    truth = shares[0] - shares[1]
    held = 0.0
    for fixed, broken, chance in outcomes(num_images, shares):
        low, high = difference_interval(fixed, broken, num_images)
        held += chance * (low <= truth <= high)
    return held


@pytest.mark.slow
@pytest.mark.parametrize("num_images", [20, 60])
@pytest.mark.parametrize(
    "shares", [(0.05, 0.05), (0.10, 0.05), (0.02, 0.10), (0.0, 0.15)]
)
def test_95_percent_intervals_hold_the_truth_at_least_as_often(
    num_images: int, shares: tuple[float, float]
) -> None:
    """Over all outcomes by their probability, so nothing is left to chance."""
    assert 0.95 <= coverage(num_images, shares) <= 1


# --- refusals ----------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(0, 0, 0), (3, 3, 5), (-1, 2, 5), (2, -1, 5)])
def test_counts_that_do_not_fit_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(PlanError, match="counts of the same photos"):
        difference_interval(*counts)


@pytest.mark.parametrize("share", [0.0, 1.0, 95.0, math.nan])
def test_levels_are_shares(share: float) -> None:
    with pytest.raises(PlanError, match="above 0 and below 1"):
        difference_interval(1, 1, 9, share)
    with pytest.raises(PlanError, match="above 0 and below 1"):
        fewest_to_tell(share)
