"""Mirrors src/unfreeze/insight/single_label.py."""

import warnings

import numpy as np
import pytest
from sklearn import metrics

from unfreeze.errors import DataError
from unfreeze.insight.single_label import score_single_label
from unfreeze.numerics.intervals import share_interval
from unfreeze.records import Predictions

_CLASSES = ("ant", "bee", "cat", "dog")
_RNG = np.random.default_rng(0)
_LABELS = _RNG.integers(3, size=200)  # there are no dogs
_PROBS = _RNG.dirichlet(np.ones(4) / 2, size=200) * 0.6
_PROBS[np.arange(200), _LABELS] += 0.4
_PREDICTED = _PROBS.argmax(axis=1)
_NAMES = [f"photo{row}.jpg" for row in range(200)]


def _predictions(labels: np.ndarray = _LABELS) -> Predictions:
    return Predictions(_NAMES, _CLASSES, np.log(_PROBS), labels)


def test_shares_are_scikit_learns() -> None:
    scores = score_single_label(_predictions())

    assert scores.num_images == 200
    assert scores.accuracy == metrics.accuracy_score(_LABELS, _PREDICTED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # there are no dogs, it says
        balanced = metrics.balanced_accuracy_score(_LABELS, _PREDICTED)
    assert scores.balanced_accuracy == pytest.approx(balanced)
    macro = metrics.precision_recall_fscore_support(
        _LABELS, _PREDICTED, average="macro", zero_division=0
    )[:3]
    found = (scores.macro_precision, scores.macro_recall, scores.macro_f1)
    assert found == pytest.approx(macro)


def test_probabilities_are_scored_as_scikit_learn_does() -> None:
    scores = score_single_label(_predictions())

    for k, share in scores.top_k.items():
        expected = metrics.top_k_accuracy_score(
            _LABELS, _PROBS, k=int(k), labels=range(4)
        )
        assert share == pytest.approx(expected)
    assert scores.log_loss == pytest.approx(
        metrics.log_loss(_LABELS, _PROBS, labels=range(4))
    )
    assert scores.brier == pytest.approx(
        ((_PROBS - np.eye(4)[_LABELS]) ** 2).sum(1).mean()
    )


def test_top_k_is_told_where_it_says_something() -> None:
    assert list(score_single_label(_predictions()).top_k) == ["1", "3"]


def test_intervals_are_those_of_the_counts() -> None:
    scores = score_single_label(_predictions())

    hits = _LABELS == _PREDICTED
    assert scores.accuracy_interval == share_interval(int(hits.sum()), 200)
    bees = _LABELS == 1
    assert scores.per_class[1].recall_interval == share_interval(
        int(hits[bees].sum()), int(bees.sum())
    )
    assert scores.per_class[3].recall_interval is None


def test_several_labels_are_refused() -> None:
    with pytest.raises(DataError, match="take score_multi_label"):
        score_single_label(_predictions(np.eye(4)[_LABELS]))
