"""Mirrors src/unfreeze/numerics/hypergeometric.py."""

import math

import pytest
from scipy.stats import fisher_exact, hypergeom

from unfreeze.numerics.hypergeometric import log_overlap


def test_small_tables_are_those_of_exact_counting() -> None:
    for count in (2, 5, 9):
        for one in range(1, count + 1):
            for other in range(1, count + 1):
                least = max(math.ceil(one * other / count), one + other - count)
                for both in range(least, min(one, other) + 1):
                    ways = sum(
                        math.comb(one, few) * math.comb(count - one, other - few)
                        for few in range(both, min(one, other) + 1)
                    )
                    expected = ways / math.comb(count, other)
                    found = math.exp(log_overlap(both, one, other, count))
                    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("both", "one", "other", "count"),
    [(40, 40, 40, 80), (30, 45, 50, 300), (7, 9, 10, 2000)],
)
def test_one_side_of_the_test_is_that_of_scipy(
    both: int, one: int, other: int, count: int
) -> None:
    table = [[both, other - both], [one - both, count - one - other + both]]
    expected = fisher_exact(table, alternative="greater").pvalue

    found = math.exp(log_overlap(both, one, other, count))

    assert found == pytest.approx(float(expected), rel=1e-9)


def test_a_million_things_are_no_more_trouble() -> None:
    expected = hypergeom.logsf(20_499, 1_000_000, 200_000, 100_000)

    found = log_overlap(20_500, 200_000, 100_000, 1_000_000)

    assert found == pytest.approx(float(expected), abs=1e-6)


def test_what_is_certain_has_a_logarithm_of_zero() -> None:
    assert log_overlap(5, 5, 5, 5) == 0
