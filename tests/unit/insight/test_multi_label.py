"""Mirrors src/unfreeze/insight/multi_label.py."""

import numpy as np
import pytest
from sklearn import metrics

from unfreeze.errors import DataError
from unfreeze.insight.multi_label import average_precision, score_multi_label
from unfreeze.numerics.intervals import share_interval
from unfreeze.records import Predictions

_NAMES = ("clear", "haze", "road", "snow")
_RNG = np.random.default_rng(1)
_LABELS = (_RNG.random((120, 4)) < [0.6, 0.3, 0.2, 0.0]).astype(np.float32)
_PROBS = np.clip(0.5 * _LABELS + _RNG.random((120, 4)) * 0.5, 0.01, 0.99).round(2)
_LIMITS = (0.5, 0.4, 0.45, 0.98)
_FOUND = np.array(_LIMITS) < _PROBS
_FILES = [f"tile{row}.jpg" for row in range(120)]


def _predictions(labels: np.ndarray = _LABELS) -> Predictions:
    return Predictions(_FILES, _NAMES, np.log(_PROBS), labels)


def test_scores_of_images_are_scikit_learns() -> None:
    scores = score_multi_label(_predictions(), _LIMITS)

    def fbeta(beta: float) -> float:
        return metrics.fbeta_score(
            _LABELS, _FOUND, beta=beta, average="samples", zero_division=0
        )

    assert scores.f2 == pytest.approx(fbeta(2))
    assert scores.f1 == pytest.approx(fbeta(1))
    assert scores.exact == pytest.approx(metrics.accuracy_score(_LABELS, _FOUND))
    assert scores.accuracy == pytest.approx(1 - metrics.hamming_loss(_LABELS, _FOUND))
    best = max(metrics.accuracy_score(_LABELS, np.tile(row, (120, 1)))
               for row in _LABELS)  # fmt: skip
    assert scores.exact_by_one_answer == pytest.approx(best)
    assert scores.exact_interval == share_interval(round(scores.exact * 120), 120)


def test_scores_of_labels_are_scikit_learns() -> None:
    scores = score_multi_label(_predictions(), _LIMITS)

    columns = metrics.precision_recall_fscore_support(_LABELS, _FOUND, zero_division=0)
    f2 = metrics.fbeta_score(_LABELS, _FOUND, beta=2, average=None, zero_division=0)
    for k, row in enumerate(scores.per_class):
        found = (row.precision, row.recall, row.f1, row.support)
        assert found == pytest.approx([column[k] for column in columns])
        assert row.f2 == pytest.approx(f2[k])
        assert (row.name, row.threshold) == (_NAMES[k], _LIMITS[k])
    macro = metrics.precision_recall_fscore_support(
        _LABELS, _FOUND, labels=[0, 1, 2], average="macro", zero_division=0
    )[:3]
    assert (
        scores.macro_precision, scores.macro_recall, scores.macro_f1
    ) == pytest.approx(macro)  # fmt: skip


def test_average_precision_is_scikit_learns_also_with_ties() -> None:
    scores = score_multi_label(_predictions(), _LIMITS)

    expected = [
        metrics.average_precision_score(_LABELS[:, k], _PROBS[:, k]) for k in range(3)
    ]
    found = [row.average_precision for row in scores.per_class]
    assert found[:3] == pytest.approx(expected)
    assert found[3] is None  # nobody carries it
    assert scores.per_class[3].recall_interval is None
    assert scores.mean_average_precision == pytest.approx(np.mean(expected))


def test_probabilities_are_scored_label_by_label() -> None:
    scores = score_multi_label(_predictions())

    each = [metrics.log_loss(_LABELS[:, k], _PROBS[:, k], labels=[0, 1])
            for k in range(4)]  # fmt: skip
    squares = [
        metrics.mean_squared_error(_LABELS[:, k], _PROBS[:, k]) for k in range(4)
    ]
    assert scores.log_loss == pytest.approx(np.mean(each))
    assert scores.brier == pytest.approx(np.mean(squares))


def test_one_threshold_serves_all_labels() -> None:
    scores = score_multi_label(_predictions(), 0.3)

    assert {row.threshold for row in scores.per_class} == {0.3}


def test_average_precision_of_a_perfect_ranking_is_1() -> None:
    probs = np.array([0.9, 0.8, 0.1])

    assert average_precision(probs, np.array([True, True, False])) == 1
    assert average_precision(probs, np.zeros(3, dtype=bool)) is None


def test_a_class_number_per_image_is_refused() -> None:
    with pytest.raises(DataError, match="take score_single_label"):
        score_multi_label(_predictions(_LABELS.argmax(axis=1)))
