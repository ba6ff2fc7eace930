"""Mirrors src/unfreeze/data/grouped_split.py."""

from itertools import product

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from unfreeze.data.grouped_split import Unit, hold_out_units, units_of
from unfreeze.data.splits import stratified_split


def test_units_hold_the_rows_and_classes_of_a_group() -> None:
    units = units_of(np.array([5, 2, 5, 2, 5]), np.array([1, 0, 1, 1, 0]))

    assert units == [
        Unit((1, 4), ((2, 1), (5, 1))),
        Unit((0, 2, 3), ((5, 2), (2, 1))),
    ]


def test_units_count_every_label_of_a_photo_with_several() -> None:
    labels = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=np.float32)

    units = units_of(labels, np.array([0, 0, 1]))

    assert units == [Unit((0, 1), ((0, 1), (2, 2))), Unit((2,), ())]


def _distance(units: list[Unit], chosen: object, wanted: list[int]) -> float:
    taken = np.zeros(len(wanted))
    for position in chosen:  # type: ignore[attr-defined]
        for label, count in units[position].counts:
            taken[label] += count
    return sum((t - w) ** 2 / max(w, 1) for t, w in zip(taken, wanted, strict=True))


def _is_allowed(units: list[Unit], chosen: set[int]) -> bool:
    """Every class has rows on both sides."""
    left = {
        label
        for at, unit in enumerate(units)
        for label, _ in unit.counts
        if at not in chosen
    }
    held = {label for at in chosen for label, _ in units[at].counts}
    return left == held == {0, 1}


@pytest.mark.parametrize("seed", range(12))
def test_few_groups_come_as_close_as_all_choices_tried_by_brute_force(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    units = units_of(rng.integers(0, 2, 60), rng.integers(0, 9, 60))
    wanted = [8, 7]
    choices = [
        {at for at, is_in in enumerate(sides) if is_in}
        for sides in product([False, True], repeat=len(units))
    ]
    best = min(
        _distance(units, chosen, wanted)
        for chosen in choices
        if _is_allowed(units, chosen)
    )

    chosen = hold_out_units(units, np.array(wanted), 15, np.random.default_rng(0))

    assert _is_allowed(units, set(chosen))
    assert _distance(units, chosen, wanted) <= best + 0.3  # half a photo of each


def test_shares_of_classes_are_nearer_than_those_of_scikit_learn() -> None:
    ours, theirs = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        groups = rng.integers(0, 120, 600)
        usual = rng.integers(0, 4, 120)[groups]  # class of most photos of a group
        labels = np.where(rng.random(600) < 0.8, usual, rng.integers(0, 4, 600))
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        _, their_valid = next(folds.split(labels, labels, groups))
        _, valid = stratified_split(labels, 0.2, seed, groups)
        for found, rows in ((ours, valid), (theirs, their_valid)):
            shares = np.bincount(labels[rows]) / np.bincount(labels)
            found.append(np.abs(shares - 0.2).max())

    assert np.mean(ours) <= np.mean(theirs)
    assert max(ours) <= 0.02


def test_no_class_loses_its_last_training_row() -> None:
    units = [Unit((0, 1), ((0, 2),)), Unit((2,), ((1, 1),)), Unit((3,), ((1, 1),))]

    chosen = hold_out_units(units, np.array([2, 1]), 3, np.random.default_rng(0))

    assert len(chosen) == 1
    assert chosen[0] in {1, 2}


def test_a_class_far_too_large_for_its_quota_still_gets_its_smallest_group() -> None:
    sizes = (40, 30, 50)
    units = [Unit(tuple(range(n)), ((0, n),)) for n in sizes]

    chosen = hold_out_units(units, np.array([2]), 2, np.random.default_rng(0))

    assert chosen == [1]
