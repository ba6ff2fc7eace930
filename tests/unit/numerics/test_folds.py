"""Mirrors src/unfreeze/numerics/folds.py."""

import numpy as np

from unfreeze.numerics.folds import grouped_folds


def test_every_fold_has_the_same_share_of_every_class() -> None:
    labels = np.repeat([0, 1, 2], [50, 20, 7])

    folds = grouped_folds(labels, np.arange(77), 5, seed=1)

    counts = np.array([np.bincount(labels[folds == f], minlength=3) for f in range(5)])
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


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
