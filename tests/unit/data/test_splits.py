"""Mirrors src/unfreeze/data/splits.py."""

import numpy as np
import pytest

from unfreeze.data.splits import get_cv_idxs, stratified_split
from unfreeze.errors import DataError, PlanError


@pytest.mark.usefixtures("global_draws")
@pytest.mark.parametrize(
    ("n", "fold", "share"), [(10222, 0, 0.2), (23, 3, 0.2), (7, 1, 0.5)]
)
def test_folds_are_those_of_2018(n: int, fold: int, share: float) -> None:
    """The old rule: reseed numpy's global generator, slice one permutation."""
    np.random.seed(42)
    order = np.random.permutation(n)
    count = int(share * n)

    rows = get_cv_idxs(n, fold, share)

    assert rows.tolist() == order[fold * count : (fold + 1) * count].tolist()
    assert rows.dtype == np.int64


def test_the_dog_breeds_hold_out_2044_images() -> None:
    assert len(get_cv_idxs(10222)) == 2044


def test_folds_do_not_overlap() -> None:
    folds = [get_cv_idxs(50, fold) for fold in range(5)]

    assert np.unique(np.concatenate(folds)).tolist() == list(range(50))


@pytest.mark.parametrize(
    ("n", "fold", "share"), [(50, 5, 0.2), (50, -1, 0.2), (4, 0, 0.2), (9, 0, 1.0)]
)
def test_a_fold_that_does_not_exist_is_refused(n: int, fold: int, share: float) -> None:
    with pytest.raises(PlanError, match=r"does not exist"):
        get_cv_idxs(n, fold, share)


def _counts(labels: np.ndarray, rows: np.ndarray) -> list[int]:
    return np.bincount(labels[rows], minlength=labels.max() + 1).tolist()


def test_every_row_is_on_exactly_one_side() -> None:
    labels = np.arange(100) % 7

    train, valid = stratified_split(labels, 0.2, seed=0)

    assert sorted([*train.tolist(), *valid.tolist()]) == list(range(100))
    assert train.tolist() == sorted(train.tolist())
    assert valid.tolist() == sorted(valid.tolist())
    assert train.dtype == valid.dtype == np.int64


def test_sizes_follow_the_largest_remainder() -> None:
    """Shares 6.6, 2.2, 1.2 of 33, 11 and 6 rows: 6 + 2 + 1, and one more for 0.6."""
    labels = np.repeat([0, 1, 2], [33, 11, 6])

    _, valid = stratified_split(labels, 0.2, seed=3)

    assert _counts(labels, valid) == [7, 2, 1]


def test_small_classes_have_one_image_on_each_side_and_singles_train() -> None:
    labels = np.repeat([0, 1, 2, 3], [2, 1, 3, 94])

    train, valid = stratified_split(labels, 0.1, seed=0)

    assert _counts(labels, valid) == [1, 0, 1, 8]
    assert _counts(labels, train) == [1, 1, 2, 86]


def test_a_large_fraction_leaves_an_image_of_each_class_for_training() -> None:
    labels = np.repeat([0, 1], [3, 7])

    train, _ = stratified_split(labels, 0.95, seed=0)

    assert _counts(labels, train) == [1, 1]


def test_the_split_depends_on_the_seed_and_nothing_else() -> None:
    labels = np.arange(200) % 2
    first, again, other = (stratified_split(labels, 0.2, seed)[1] for seed in (1, 1, 2))

    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_held_out_rows_are_spread_over_the_whole_index() -> None:
    _, valid = stratified_split(np.zeros(10_000, dtype=np.int64), 0.2, seed=0)

    quarters = np.bincount(valid // 2500)
    assert quarters.min() > 450  # 500 expected, standard deviation 17


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_torn_apart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 400)
    groups = rng.integers(0, 150, 400)

    train, valid = stratified_split(labels, 0.25, seed, groups)

    assert not set(groups[train]) & set(groups[valid])
    assert len(train) + len(valid) == 400
    assert 70 <= len(valid) <= 100


def test_groups_of_one_are_the_same_as_no_groups() -> None:
    labels = np.arange(60) % 3
    plain = stratified_split(labels, 0.2, 5)
    grouped = stratified_split(labels, 0.2, 5, np.arange(60))

    assert plain[1].tolist() == grouped[1].tolist()


def test_a_class_of_few_large_groups_still_gets_one_held_out() -> None:
    labels = np.repeat([0, 1], [20, 80])
    groups = np.concatenate([np.repeat([0, 1], [12, 8]), np.arange(2, 82)])

    train, valid = stratified_split(labels, 0.2, 0, groups)

    assert _counts(labels, valid)[0] == 8
    assert _counts(labels, train)[0] == 12


def test_a_group_that_holds_all_of_a_class_is_for_training() -> None:
    labels = np.array([0, 0, 0] + [1] * 17)
    groups = np.array([0, 0, 0, *range(1, 18)])

    train, _ = stratified_split(labels, 0.2, 0, groups)

    assert {0, 1, 2} <= set(train.tolist())


def test_nothing_to_hold_out_is_refused() -> None:
    with pytest.raises(DataError, match=r"Nothing can be held out of 3 images"):
        stratified_split(np.arange(3), 0.2, 0)
    with pytest.raises(DataError, match=r"in 1 groups"):
        stratified_split(np.zeros(4, int), 0.2, 0, np.zeros(4, int))


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 20.0])
def test_a_fraction_out_of_range_is_refused(fraction: float) -> None:
    with pytest.raises(PlanError, match=r"fraction must be above 0 and below 1"):
        stratified_split(np.zeros(4, int), fraction, 0)


@pytest.mark.parametrize("seed", range(3))
def test_groups_keep_the_share_of_every_class_and_of_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], [600, 250, 150])
    groups = rng.integers(0, 300, 1000)

    first, again = (stratified_split(labels, 0.2, seed, groups)[1] for _ in range(2))

    assert first.tolist() == again.tolist()
    assert abs(len(first) - 200) <= 2
    assert np.abs(np.array(_counts(labels, first)) - [120, 50, 30]).max() <= 2


def test_photos_with_several_labels_keep_the_share_of_each() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random((500, 4)) < [0.6, 0.3, 0.1, 0.05]).astype(np.float32)
    groups = rng.integers(0, 200, 500)

    train, valid = stratified_split(labels, 0.2, 0, groups)

    assert not set(groups[train]) & set(groups[valid])
    assert np.abs(labels[valid].sum(axis=0) - 0.2 * labels.sum(axis=0)).max() <= 2
    assert abs(len(valid) - 100) <= 2


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_what_a_class_cannot_give_is_not_taken_from_the_others(fraction: float) -> None:
    """All of class 0 is one group; the other classes give their share and no more."""
    labels = np.repeat([0, 1, 2], [1000, 50, 200])
    groups = np.concatenate([np.zeros(1000, dtype=int), np.arange(1, 251)])

    _, valid = stratified_split(labels, fraction, 0, groups)

    held_out = np.array(_counts(labels, valid))
    assert held_out[0] == 0
    assert np.abs(held_out[1:] - fraction * np.array([50, 200])).max() <= 2


def test_a_class_of_two_coarse_groups_costs_the_others_nothing() -> None:
    labels = np.repeat([0, 1, 2], [1000, 50, 50])
    groups = np.concatenate([np.repeat([0, 1], [700, 300]), np.arange(2, 102)])

    _, valid = stratified_split(labels, 0.2, 0, groups)

    assert _counts(labels, valid)[0] == 300
    assert np.abs(np.array(_counts(labels, valid))[1:] - 10).max() <= 2


@pytest.mark.parametrize("has_unlabelled", [False, True])
def test_a_label_that_cannot_be_held_out_costs_the_others_nothing(
    has_unlabelled: bool,
) -> None:
    """Photos with several labels, and among them perhaps some without any."""
    labels = np.zeros((1100, 3), dtype=np.float32)
    labels[:1000, 0] = 1
    labels[1000:, 1] = 1
    labels[1000::5, 2] = 1
    if has_unlabelled:
        labels[1050:] = 0
    groups = np.concatenate([np.zeros(1000, dtype=int), np.arange(1, 101)])

    _, valid = stratified_split(labels, 0.2, 0, groups)

    assert np.abs(labels[valid].sum(axis=0) - 0.2 * labels.sum(axis=0))[1:].max() <= 2
    assert abs(len(valid) - 20) <= 4


def test_numbers_of_groups_mean_nothing() -> None:
    labels, groups = np.arange(40) % 2, np.arange(40) // 4

    plain = stratified_split(labels, 0.2, 0, groups)[1]
    shifted = stratified_split(labels, 0.2, 0, groups * 7 + 1000)[1]

    assert plain.tolist() == shifted.tolist()
