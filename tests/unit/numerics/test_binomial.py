"""Mirrors src/unfreeze/numerics/binomial.py."""

import math

import pytest
from scipy.special import binom
from scipy.stats import binom as distribution

from unfreeze.numerics.binomial import log_choose, log_tail


def test_ways_to_choose_are_counted() -> None:
    for count in range(40):
        for hits in range(count + 1):
            found = math.exp(log_choose(count, hits))
            assert found == pytest.approx(math.comb(count, hits), rel=1e-12)


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.5, 0.9])
def test_tails_are_sums_of_exact_fractions(rate: float) -> None:
    for count in (1, 7, 60):
        for hits in range(math.ceil(count * rate)):
            expected = math.fsum(
                binom(count, few) * rate**few * (1 - rate) ** (count - few)
                for few in range(hits + 1)
            )
            found = math.exp(log_tail(hits, count, rate))
            assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("hits", "count", "rate"),
    [
        (49_900, 100_000, 0.5),
        (48_000, 100_000, 0.5),
        (9_500, 1_000_000, 0.01),
        (0, 1_000_000, 0.00001),
        (999_000, 1_000_000, 0.9995),
    ],
)
def test_tails_of_many_trials_are_those_of_scipy(
    hits: int, count: int, rate: float
) -> None:
    expected = distribution.logcdf(hits, count, rate)

    assert log_tail(hits, count, rate) == pytest.approx(expected, abs=1e-8, rel=1e-9)
