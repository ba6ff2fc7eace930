"""Mirrors src/unfreeze/numerics/neighbours.py."""

import numpy as np
import pytest

from unfreeze.numerics import neighbours as module
from unfreeze.numerics.neighbours import (
    nearest,
    neighbour_distances,
    robust_scores,
    standardised,
)


def test_neighbours_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    sklearn = pytest.importorskip("sklearn.neighbors")
    monkeypatch.setattr(module, "_CELLS_AT_ONCE", 700)
    units = standardised(np.random.default_rng(0).normal(size=(90, 6)))

    found = nearest(units, 4)

    oracle = sklearn.NearestNeighbors(n_neighbors=4, metric="cosine").fit(units)
    distances, rows = oracle.kneighbors()
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_allclose(found.similarities, 1 - distances, atol=1e-5)


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 0), (3, 2)])
def test_there_are_no_more_neighbours_than_other_rows(
    count: int, expected: int
) -> None:
    found = nearest(standardised(np.eye(3)[:count]), 5)

    assert found.rows.shape == (count, expected)


def test_columns_are_brought_to_one_scale_and_rows_to_one_length() -> None:
    values = np.random.default_rng(1).normal(5, [1, 100, 0], size=(50, 3))

    units = standardised(values)

    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1, atol=1e-3)
    assert 0.5 < units[:, 0].std() / units[:, 1].std() < 2
    np.testing.assert_allclose(units[:, 2], 0, atol=1e-6)


def test_robust_scores_of_normal_values_are_standard_deviations() -> None:
    values = np.random.default_rng(2).normal(3, 2, 20_000)
    values[:100] = 1e6

    scores = robust_scores(values)

    assert scores[100:].std() == pytest.approx(1, abs=0.05)
    assert scores[:100].min() > 1000


def test_robust_scores_of_equal_values_are_zero() -> None:
    assert not robust_scores(np.full(9, 4.0)).any()


def test_where_most_values_are_equal_nothing_is_far() -> None:
    assert not robust_scores(np.array([4.0] * 6 + [9, 10, 11, 12])).any()


def test_distances_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    sklearn = pytest.importorskip("sklearn.neighbors")
    monkeypatch.setattr(module, "_CELLS_AT_ONCE", 700)
    rows = np.random.default_rng(3).normal(size=(90, 6)).astype(np.float32)

    found = neighbour_distances(rows, 4)

    distances, _ = sklearn.NearestNeighbors(n_neighbors=4).fit(rows).kneighbors()
    np.testing.assert_allclose(found, distances.mean(axis=1), rtol=1e-4)


def test_too_few_rows_have_no_distances() -> None:
    with pytest.raises(ValueError, match="Of 4 rows, none has 4 others"):
        neighbour_distances(np.zeros((4, 2), dtype=np.float32), 4)
