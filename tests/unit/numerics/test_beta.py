"""Mirrors src/unfreeze/numerics/beta.py."""

import numpy as np
import pytest
from scipy.special import betainc
from scipy.stats import beta

from unfreeze.numerics.beta import beta_nodes, beta_share

PARAMETERS = [
    (1, 1), (1, 100), (5, 3), (100, 1), (300, 200), (1, 100_000), (5_000, 90_000),
    (500_000, 500_000),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), PARAMETERS)
def test_shares_are_those_of_scipy(left: int, right: int) -> None:
    spread = beta.std(left, right)
    points = beta.mean(left, right) + spread * np.linspace(-9, 9, 200)
    inside = np.clip(points, 0, 1)

    found = beta_share(points, left, right)

    assert found == pytest.approx(betainc(left, right, inside), abs=1e-9)


def test_nothing_lies_below_0_and_all_below_1() -> None:
    found = beta_share(np.array([-3.0, 0.0, 1.0, 3.0]), 4, 2)

    assert found.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(("left", "right"), PARAMETERS)
def test_sums_over_nodes_are_means(left: int, right: int) -> None:
    points, weights = beta_nodes(left, right)

    assert weights.sum() == pytest.approx(1)
    assert points.min() > 0
    assert points.max() < 1
    mean, variance = beta.stats(left, right)
    assert weights @ points == pytest.approx(mean, rel=1e-8)
    assert weights @ (points - mean) ** 2 == pytest.approx(variance, rel=1e-7)
