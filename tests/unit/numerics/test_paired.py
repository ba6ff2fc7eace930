"""Mirrors src/unfreeze/numerics/paired.py."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binomtest, multinomial, norm

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


def most_likely_deviation(
    fixed: int, broken: int, num_images: int, difference: float
) -> float:
    """The score, with the share of broken photos found by searching."""

    def unlikeliness(share: float) -> float:
        cells = (share + difference, share, 1 - 2 * share - difference)
        counts = (fixed, broken, num_images - fixed - broken)
        return -sum(
            count * math.log(max(cell, 1e-300))
            for count, cell in zip(counts, cells, strict=True)
        )

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    share = minimize_scalar(
        unlikeliness, bounds=bounds, method="bounded", options={"xatol": 1e-12}
    ).x
    variance = num_images * (2 * share + difference - difference**2)
    return float((fixed - broken - num_images * difference) / math.sqrt(variance))


@pytest.mark.parametrize(
    ("fixed", "broken", "num_images"),
    [(12, 2, 50), (1, 7, 21), (9, 9, 40), (3, 30, 60)],
)
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_ends_lie_where_the_score_test_begins_to_reject(
    fixed: int, broken: int, num_images: int, confidence: float
) -> None:
    limit = norm.ppf((1 + confidence) / 2)
    observed = (fixed - broken) / num_images

    def gap(difference: float, wanted: float) -> float:
        found = most_likely_deviation(fixed, broken, num_images, difference)
        return found - wanted

    expected = (
        brentq(gap, -0.999, observed, args=(limit,)),
        brentq(gap, observed, 0.999, args=(-limit,)),
    )
    found = difference_interval(fixed, broken, num_images, confidence)
    assert found == pytest.approx(expected, abs=1e-6)


def test_without_disagreements_the_ends_have_a_closed_form() -> None:
    """Those of Wilson's interval for a share of 0 out of n."""
    squared = norm.ppf(0.975) ** 2
    end = squared / (80 + squared)

    assert difference_interval(0, 0, 80) == pytest.approx((-end, end))


@pytest.mark.parametrize("num_images", [7, 30, 500])
def test_all_fixed_reaches_1(num_images: int) -> None:
    lower, upper = difference_interval(num_images, 0, num_images)

    assert upper == pytest.approx(1)
    assert 0 < lower < 1


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
    return sum(
        chance
        for fixed, broken, chance in outcomes(num_images, shares)
        if difference_interval(fixed, broken, num_images)[0]
        <= truth
        <= difference_interval(fixed, broken, num_images)[1]
    )


@pytest.mark.parametrize("num_images", [60, 150])
@pytest.mark.parametrize(
    "shares", [(0.05, 0.05), (0.10, 0.05), (0.02, 0.10), (0.15, 0.15)]
)
def test_95_percent_intervals_hold_the_truth_about_as_often(
    num_images: int, shares: tuple[float, float]
) -> None:
    """Over all outcomes by their probability, so nothing is left to chance."""
    assert 0.93 <= coverage(num_images, shares) <= 0.975


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
