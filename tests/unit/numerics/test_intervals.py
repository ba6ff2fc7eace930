"""Mirrors src/unfreeze/numerics/intervals.py."""

import numpy as np
import pytest
from scipy import stats

from unfreeze.errors import DataError
from unfreeze.numerics.intervals import share_interval


@pytest.mark.parametrize(("hits", "count"), [(15, 30), (60, 69), (940, 1000)])
def test_away_from_the_ends_it_is_wilsons(hits: int, count: int) -> None:
    expected = stats.binomtest(hits, count).proportion_ci(0.95, method="wilson")

    found = share_interval(hits, count)

    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("misses", [1, 2, 3])
def test_with_few_misses_the_upper_bound_is_that_of_a_poisson_count(
    misses: int,
) -> None:
    mean = stats.chi2.ppf(0.05, 2 * misses) / 2

    assert share_interval(100 - misses, 100).high == pytest.approx(1 - mean / 100)
    assert share_interval(misses, 100).low == pytest.approx(mean / 100)


def test_all_or_none_reach_the_end() -> None:
    assert share_interval(50, 50).high == 1
    assert share_interval(0, 50).low == 0


@pytest.mark.parametrize("count", [30, 69, 280, 400, 525, 1000])
def test_it_holds_the_truth_in_95_of_100_cases_over_true_shares(count: int) -> None:
    """By summing the binomial distribution, without a draw."""
    intervals = [share_interval(hits, count) for hits in range(count + 1)]
    low = np.array([each.low for each in intervals])
    high = np.array([each.high for each in intervals])
    truths = np.linspace(0.5, 1 - 1 / count, 500)

    weights = stats.binom.pmf(np.arange(count + 1), count, truths[:, None])
    holds = (low <= truths[:, None]) & (truths[:, None] <= high)
    coverage = (weights * holds).sum(axis=1)

    assert 0.945 < coverage.mean() < 0.955
    assert coverage.min() > 0.92


def _coverage(low: np.ndarray, high: np.ndarray, truths: np.ndarray) -> np.ndarray:
    count = len(low) - 1
    weights = stats.binom.pmf(np.arange(count + 1), count, truths[:, None])
    return (weights * ((low <= truths[:, None]) & (truths[:, None] <= high))).sum(1)


@pytest.mark.parametrize("count", [69, 100, 200, 280, 400])
def test_it_is_nearer_95_of_100_than_jeffreys_or_the_exact_interval(count: int) -> None:
    """Enumerated for true shares from 0.5 to 0.995; distance as root mean square."""
    hits = np.arange(count + 1)
    truths = np.linspace(0.5, 0.995, 300)
    ours = [share_interval(int(each), count) for each in hits]
    ends = {
        "ours": ([each.low for each in ours], [each.high for each in ours]),
        "jeffreys": (
            np.where(
                hits == 0, 0, stats.beta.ppf(0.025, hits + 0.5, count - hits + 0.5)
            ),
            np.where(
                hits == count, 1, stats.beta.ppf(0.975, hits + 0.5, count - hits + 0.5)
            ),
        ),
        "exact": (
            np.nan_to_num(stats.beta.ppf(0.025, hits, count - hits + 1)),
            np.nan_to_num(stats.beta.ppf(0.975, hits + 1, count - hits), nan=1.0),
        ),
    }

    coverage = {
        name: _coverage(np.array(low), np.array(high), truths)
        for name, (low, high) in ends.items()
    }

    off = {
        name: np.sqrt(((each - 0.95) ** 2).mean()) for name, each in coverage.items()
    }
    assert off["ours"] < off["jeffreys"] < off["exact"]
    assert coverage["ours"].min() > coverage["jeffreys"].min()


@pytest.mark.parametrize("truth", [0.6, 0.85, 0.95, 0.98])
@pytest.mark.parametrize("count", [69, 280, 400, 525])
def test_200_redraws_of_a_validation_set_are_covered_as_stated(
    count: int, truth: float
) -> None:
    """Ten lots of 200; each lot alone moves by 1.5 % from chance."""
    hits = np.random.default_rng(7).binomial(count, truth, size=(10, 200))

    found = [[share_interval(int(each), count) for each in lot] for lot in hits]
    coverage = [np.mean([i.low <= truth <= i.high for i in lot]) for lot in found]

    assert 0.93 <= np.mean(coverage) <= 0.97


@pytest.mark.parametrize(("hits", "count"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(hits: int, count: int) -> None:
    with pytest.raises(DataError, match=f"{hits} hits among {count} images"):
        share_interval(hits, count)
