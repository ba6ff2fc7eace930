"""Mirrors src/unfreeze/numerics/metrics.py."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn import metrics as oracle

from unfreeze.errors import DataError
from unfreeze.numerics.metrics import (
    Metric,
    accuracy,
    accuracy_multi,
    accuracy_np,
    accuracy_thresh,
    as_metric,
    f1,
    f2,
    fbeta,
    precision,
    recall,
)

_RNG = np.random.default_rng(5)
_LOGITS = _RNG.normal(size=(200, 5)) * 2
_LABELS = np.where(
    _RNG.random(200) < 0.6, _LOGITS.argmax(axis=1), _RNG.integers(5, size=200)
)
_PROBS = np.exp(_LOGITS) / np.exp(_LOGITS).sum(axis=1, keepdims=True)
_ROWS = (_RNG.random((200, 5)) < 0.3).astype(np.float32)
_ROWS[:10] = 0  # images without any label
_MULTI = np.clip(_ROWS * 0.3 + _RNG.random((200, 5)) * 0.6, 0, 1)


@pytest.mark.parametrize("scores", [_PROBS, np.log(_PROBS), _LOGITS])
def test_accuracy_is_the_same_from_any_kind_of_scores_and_any_library(
    scores: np.ndarray,
) -> None:
    expected = oracle.accuracy_score(_LABELS, _PROBS.argmax(axis=1))

    tensor, labels = torch.from_numpy(scores), torch.from_numpy(_LABELS)

    for preds in (scores, tensor):
        for targs in (_LABELS, labels):
            result = accuracy(preds, targs)
            assert type(result) is float
            assert result == expected
    assert accuracy_np(scores, _LABELS) == expected


def test_accuracy_of_a_stack_of_views_is_that_of_the_mean_probability() -> None:
    views = _PROBS + 0.3 * _RNG.random((5, 200, 5))
    views /= views.sum(axis=2, keepdims=True)
    expected = oracle.accuracy_score(_LABELS, views.mean(axis=0).argmax(axis=1))

    assert accuracy(np.log(views), _LABELS) == expected
    assert accuracy(views, _LABELS) == expected


@pytest.mark.parametrize("thresh", [0.2, 0.5])
@pytest.mark.parametrize(
    ("score", "sklearn_score"),
    [
        (precision, oracle.precision_score),
        (recall, oracle.recall_score),
        (f1, oracle.f1_score),
        (partial(fbeta, beta=2), partial(oracle.fbeta_score, beta=2)),
    ],
)
class TestAgainstScikitLearn:
    """Precision, recall and their weighted means, for each way of averaging."""

    def test_several_labels_are_averaged_over_images(
        self, score: partial[float], sklearn_score: partial[float], thresh: float
    ) -> None:
        expected = sklearn_score(
            _ROWS, thresh < _MULTI, average="samples", zero_division=0
        )

        assert score(_MULTI, _ROWS, thresh=thresh) == pytest.approx(expected)
        assert score(
            torch.from_numpy(np.log(_MULTI)), torch.from_numpy(_ROWS), thresh=thresh
        ) == pytest.approx(expected)
        logits = np.log(_MULTI) - np.log1p(-_MULTI)
        assert score(logits, _ROWS, thresh=thresh) == pytest.approx(expected)

    def test_of_two_classes_the_second_counts(
        self, score: partial[float], sklearn_score: partial[float], thresh: float
    ) -> None:
        logits, labels = _LOGITS[:, :2], (_LABELS > 2).astype(int)
        probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        expected = sklearn_score(labels, probs[:, 1] > thresh)

        for scores in (probs, np.log(probs), logits):
            assert score(scores, labels, thresh=thresh) == pytest.approx(expected)

    def test_more_classes_are_averaged_over_classes(
        self, score: partial[float], sklearn_score: partial[float], thresh: float
    ) -> None:
        expected = sklearn_score(
            _LABELS,
            _PROBS.argmax(axis=1),
            labels=range(5),
            average="macro",
            zero_division=0,
        )

        assert score(_PROBS, _LABELS, thresh=thresh) == pytest.approx(expected)


def test_f2_takes_the_best_threshold_of_the_lesson() -> None:
    expected = max(
        oracle.fbeta_score(
            _ROWS, thresh < _MULTI, beta=2, average="samples", zero_division=0
        )
        for thresh in np.arange(0.17, 0.235, 0.01).round(2)
    )

    assert f2(_MULTI, _ROWS) == pytest.approx(expected)


def test_accuracy_multi_counts_every_answer() -> None:
    expected = oracle.accuracy_score(_ROWS.ravel(), (_MULTI > 0.3).ravel())

    assert accuracy_multi(_MULTI, _ROWS, 0.3) == pytest.approx(expected)
    assert accuracy_thresh(0.3)(_MULTI, _ROWS) == pytest.approx(expected)


def test_a_metric_knows_its_name_and_its_direction() -> None:
    error = Metric("error", lambda p, t: 1 - accuracy(p, t), higher_is_better=False)

    assert as_metric(error) is error
    assert as_metric(accuracy) == Metric("accuracy", accuracy, higher_is_better=True)
    assert as_metric(partial(f2, thresholds=[0.2])).name == "f2"
    assert accuracy_thresh(0.5).name == "accuracy_thresh(0.5)"
    assert error(_PROBS, _LABELS) == pytest.approx(1 - accuracy(_PROBS, _LABELS))


def test_a_callable_object_is_named_after_its_class() -> None:
    class Always:
        def __call__(self, preds: object, targs: object) -> float:
            return 1.0

    assert as_metric(Always()).name == "Always"


@pytest.mark.parametrize(
    ("preds", "targs", "message"),
    [
        (np.zeros((3, 2)), np.zeros(4, dtype=int), r"\(3, 2\) and targets of shape"),
        (np.zeros(3), np.zeros(3), r"\(3,\) and targets .* do not fit"),
        (np.zeros((0, 2)), np.zeros(0, dtype=int), "no score of 0 images"),
        (np.zeros((3, 2)), np.zeros((3, 2)), "take accuracy_multi"),
    ],
)
def test_accuracy_refuses_what_does_not_fit(
    preds: np.ndarray, targs: np.ndarray, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        accuracy(preds, targs)


def test_accuracy_multi_refuses_class_numbers() -> None:
    with pytest.raises(DataError, match="take accuracy"):
        accuracy_multi(_PROBS, _LABELS)
