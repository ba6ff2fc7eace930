"""Mirrors src/unfreeze/numerics/folds.py."""

import time

import numpy as np

from unfreeze.numerics.folds import grouped_folds
from unfreeze.numerics.keyed import Purpose, rng_for


def test_every_fold_has_the_same_share_of_every_class() -> None:
    labels = np.repeat([0, 1, 2], [50, 20, 7])

    folds = grouped_folds(labels, np.arange(77), 5, seed=1)

    counts = np.array([np.bincount(labels[folds == f], minlength=3) for f in range(5)])
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_each_group_goes_to_the_fold_that_is_shortest_of_its_class() -> None:
    """Then to that with fewest rows, then to the first: sorted by numpy."""
    rng = np.random.default_rng(4)
    labels, groups = rng.integers(0, 7, 600), rng.integers(0, 150, 600)
    taken, expected = np.zeros((7, 4), dtype=int), np.zeros(600, dtype=int)
    for group in rng_for(3, Purpose.FOLDS).permutation(groups.max() + 1).tolist():
        rows = np.flatnonzero(groups == group)
        if not len(rows):
            continue
        of_class = taken[labels[rows[0]]]
        fold = np.lexsort((taken.sum(axis=0), of_class))[0]
        of_class[fold] += len(rows)
        expected[rows] = fold

    assert grouped_folds(labels, groups, 4, seed=3).tolist() == expected.tolist()


def test_many_rows_of_many_classes_are_dealt_at_once() -> None:
    """Adding up all classes for each row takes a hundred times as long."""
    labels = np.random.default_rng(0).integers(0, 10_000, 50_000)
    began = time.process_time()

    folds = grouped_folds(labels, np.arange(50_000), 5, seed=0)

    assert np.ptp(np.bincount(folds)) <= 10_000
    assert time.process_time() - began < 1


def test_groups_stay_together() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 30, 200)

    folds = grouped_folds(rng.integers(0, 3, 200), groups, 4, seed=0)

    for group in range(30):
        assert len(set(folds[groups == group].tolist())) <= 1
    assert set(folds.tolist()) == {0, 1, 2, 3}


def test_the_seed_alone_decides() -> None:
    labels, rows = np.tile([0, 1], 30), np.arange(60)

    first, again = (grouped_folds(labels, rows, 5, seed=3) for _ in range(2))

    np.testing.assert_array_equal(first, again)
    assert (grouped_folds(labels, rows, 5, seed=4) != first).any()


def test_no_rows_have_no_folds() -> None:
    nothing = np.empty(0, dtype=np.int64)

    assert len(grouped_folds(nothing, nothing, 5, seed=0)) == 0
