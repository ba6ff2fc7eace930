"""Mirrors src/unfreeze/numerics/confident.py."""

import numpy as np
import pytest

from unfreeze.numerics.confident import (
    class_thresholds,
    confident_joint,
    label_doubts,
    suspects,
)

_ALL = np.ones(7, dtype=bool)


def _noisy(num_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a fair model, and labels of which a tenth are wrong."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, num_classes, 600)
    logits = rng.normal(0, 1, (600, num_classes))
    logits[np.arange(600), true] += 3
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = true.copy()
    wrong = rng.random(600) < 0.1
    labels[wrong] = rng.integers(0, num_classes, wrong.sum())
    return probs, labels


def test_a_threshold_is_the_mean_probability_of_a_class_among_its_own() -> None:
    probs = np.array([[0.9, 0.1, 0.0], [0.7, 0.3, 0.0], [0.2, 0.8, 0.0]])

    found = class_thresholds(probs, np.array([0, 0, 1]), _ALL[:3])

    assert found.tolist() == pytest.approx([0.8, 0.8, np.inf])


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_the_joint_is_that_of_cleanlab(num_classes: int) -> None:
    count = pytest.importorskip("cleanlab.count")
    probs, labels = _noisy(num_classes)

    expected = count.compute_confident_joint(labels, probs, calibrate=True)

    np.testing.assert_allclose(
        confident_joint(probs, labels, _ALL[:num_classes]), expected, atol=1
    )


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_suspects_are_those_of_cleanlab(num_classes: int) -> None:
    """The counts are rounded in another way, so that a few may differ."""
    filters = pytest.importorskip("cleanlab.filter")
    probs, labels = _noisy(num_classes)

    expected = filters.find_label_issues(
        labels, probs, filter_by="prune_by_noise_rate", n_jobs=1
    )
    found = suspects(probs, labels, _ALL[:num_classes])

    assert expected.sum() > 20
    assert (found & expected).sum() >= 0.9 * (found | expected).sum()


@pytest.mark.parametrize("num_classes", [2, 5])
def test_doubts_are_the_normalised_margins_of_cleanlab(num_classes: int) -> None:
    rank = pytest.importorskip("cleanlab.rank")
    probs, labels = _noisy(num_classes)

    expected = 1 - rank.get_normalized_margin_for_each_label(labels, probs)

    np.testing.assert_allclose(label_doubts(probs, labels), expected, atol=1e-12)


def test_honest_labels_raise_no_suspicion() -> None:
    probs = np.tile([[0.8, 0.2], [0.2, 0.8]], (10, 1))

    assert not suspects(probs, np.tile([0, 1], 10), _ALL[:2]).any()


def test_swapped_labels_are_suspect_and_doubted_most() -> None:
    probs = np.tile([[0.95, 0.05], [0.1, 0.9]], (50, 1))
    labels = np.tile([0, 1], 50)
    labels[[4, 7]] = [1, 0]

    assert np.flatnonzero(suspects(probs, labels, _ALL[:2])).tolist() == [4, 7]
    assert sorted(np.argsort(-label_doubts(probs, labels))[:2].tolist()) == [4, 7]


def test_a_class_nobody_carries_is_no_ground_for_suspicion() -> None:
    probs = np.array([[0.2, 0.3, 0.5]] * 4 + [[0.1, 0.8, 0.1]] * 4)

    assert not suspects(probs, np.array([0] * 4 + [1] * 4), _ALL[:3]).any()


@pytest.mark.parametrize("num_unlearned", [1, 40])
def test_a_class_that_no_model_learned_changes_nothing(num_unlearned: int) -> None:
    """Its probability is 0 in its own rows, and a little in the others."""
    probs, labels = _noisy(3)
    rest = np.tile([0.2, 0.5, 0.3, 0.0], (num_unlearned, 1))
    more = np.concatenate([0.99 * probs, np.full((600, 1), 0.01)], axis=1)
    more = np.concatenate([more, rest])
    more_labels = np.concatenate([labels, np.full(num_unlearned, 3)])
    is_judged = np.array([True, True, True, False])

    joint = confident_joint(more, more_labels, is_judged)
    found = suspects(more, more_labels, is_judged)

    np.testing.assert_allclose(joint[:3, :3], confident_joint(probs, labels, _ALL[:3]))
    assert not joint[3].any()
    assert not joint[:, 3].any()
    np.testing.assert_array_equal(found[:600], suspects(probs, labels, _ALL[:3]))
    assert not found[600:].any()


def test_a_row_that_is_most_probably_of_a_class_not_judged_is_left_in_peace() -> None:
    probs = np.tile([[0.95, 0.05, 0.0], [0.1, 0.9, 0.0]], (50, 1))
    labels = np.tile([0, 1], 50)
    labels[[4, 7]] = [1, 0]
    probs[4] = [0.45, 0.05, 0.5]

    found = suspects(probs, labels, np.array([True, True, False]))

    assert np.flatnonzero(found).tolist() == [7]


def test_a_single_class_is_never_doubted_more_than_half() -> None:
    assert label_doubts(np.ones((3, 1)), np.zeros(3, dtype=int)).tolist() == [0, 0, 0]
