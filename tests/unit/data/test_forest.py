"""Mirrors src/unfreeze/data/forest.py."""

import numpy as np
import pytest

from unfreeze.data.forest import groups_from_pairs, least_forest


def test_groups_are_the_connected_components_of_scipy() -> None:
    graph = pytest.importorskip("scipy.sparse.csgraph")
    sparse = pytest.importorskip("scipy.sparse")
    pairs = np.random.default_rng(8).integers(0, 200, (120, 2))

    matrix = sparse.coo_matrix((np.ones(120), pairs.T), shape=(200, 200))
    _, expected = graph.connected_components(matrix, directed=False)

    found = groups_from_pairs(200, pairs)
    same = lambda numbers: numbers[:, None] == numbers[None, :]  # noqa: E731
    np.testing.assert_array_equal(same(found), same(expected))
    firsts = [found.tolist().index(group) for group in range(found.max() + 1)]
    assert firsts == sorted(firsts)


def test_a_forest_costs_as_little_as_that_of_scipy() -> None:
    graph = pytest.importorskip("scipy.sparse.csgraph")
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(4)
    cells = rng.choice(60 * 60, 150, replace=False)
    pairs = np.sort(np.stack(np.divmod(cells, 60), axis=1))
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    costs = rng.integers(1, 6, len(pairs))

    root, chosen = least_forest(60, pairs, costs)

    matrix = sparse.coo_matrix((costs, pairs.T), shape=(60, 60)).tocsr()
    expected = graph.minimum_spanning_tree(matrix).data
    np.testing.assert_array_equal(np.sort(costs[chosen]), np.sort(expected))
    np.testing.assert_array_equal(
        groups_from_pairs(60, pairs[chosen]), groups_from_pairs(60, pairs)
    )
    assert (root[pairs[:, 0]] == root[pairs[:, 1]]).all()
    assert (root <= np.arange(60)).all()
