"""Mirrors src/unfreeze/numerics/balance.py."""

from collections import Counter

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from unfreeze.errors import PlanError
from unfreeze.numerics.balance import (
    balanced_order,
    class_weights,
    require_balance,
    turns_of,
)

_LABELS = np.repeat([0, 1, 3], [70, 25, 6])  # nothing of class 2


def test_weights_are_scikit_learns_balanced_ones() -> None:
    labels = np.repeat([0, 1, 2], [70, 25, 5])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)

    assert class_weights(labels, 3) == pytest.approx(tuple(expected))


def test_a_class_without_images_weighs_1() -> None:
    assert class_weights(_LABELS, 4)[2] == 1


def test_with_several_labels_yes_weighs_as_much_as_all_no() -> None:
    rows = np.zeros((10, 4), dtype=np.float32)
    rows[:2, 0] = rows[:5, 1] = rows[:, 2] = 1

    assert class_weights(rows, 4) == (4.0, 1.0, 1.0, 1.0)


def test_an_epoch_shows_every_class_equally_often() -> None:
    rows = balanced_order(_LABELS, seed=0, epoch=0)

    counts = Counter(_LABELS[rows].tolist())
    assert len(rows) == len(_LABELS)
    assert sorted(counts.values()) == [33, 34, 34]


def test_images_of_a_class_come_equally_often_give_or_take_one() -> None:
    times = np.bincount(balanced_order(_LABELS, seed=0, epoch=0), minlength=101)

    for label in (0, 1, 3):
        of_class = times[label == _LABELS]
        assert of_class.max() - of_class.min() <= 1


def test_over_epochs_no_image_is_left_out() -> None:
    seen = {
        row
        for epoch in range(15)
        for row in balanced_order(_LABELS, seed=0, epoch=epoch)
    }

    assert len(seen) == len(_LABELS)


def test_the_order_is_keyed_by_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return balanced_order(_LABELS, seed=seed, epoch=epoch).tolist()

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_turns_are_counted_from_the_first_time_a_row_comes() -> None:
    order = np.random.default_rng(0).integers(0, 30, 500)
    seen: Counter[int] = Counter()
    expected = []
    for row in order.tolist():
        expected.append(seen[row])
        seen[row] += 1

    assert turns_of(order).tolist() == expected
    assert turns_of(order[:0]).tolist() == []


def test_a_balance_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PlanError, match="no balance 'fair'"):
        require_balance("fair")
    with pytest.raises(PlanError, match="Take the balance 'weights'"):
        require_balance("sampling", is_multi=True)
    require_balance("sampling")
    require_balance("weights", is_multi=True)
