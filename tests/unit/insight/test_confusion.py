"""Mirrors src/unfreeze/insight/confusion.py."""

import numpy as np
import pytest
from sklearn.metrics import classification_report

from unfreeze.errors import DataError
from unfreeze.insight.confusion import class_scores, confusion_matrix

_CLASSES = ("ant", "bee", "cat", "dog")
_RNG = np.random.default_rng(0)
_LABELS = _RNG.integers(3, size=200)  # there are no dogs ...
_PREDICTED = np.where(_RNG.random(200) < 0.7, _LABELS, _RNG.integers(4, size=200))


def test_rows_are_true_classes_and_columns_predicted_ones() -> None:
    expected = np.zeros((4, 4), dtype=int)
    for label, guess in zip(_LABELS, _PREDICTED, strict=True):
        expected[label, guess] += 1

    matrix = confusion_matrix(_LABELS, _PREDICTED, _CLASSES)

    np.testing.assert_array_equal(matrix, expected)
    np.testing.assert_array_equal(matrix.sum(axis=1), np.bincount(_LABELS, minlength=4))
    assert np.issubdtype(matrix.dtype, np.integer)


def test_classes_without_images_keep_their_row() -> None:
    matrix = confusion_matrix(np.array([1]), np.array([1]), _CLASSES)

    assert matrix.tolist() == [[0] * 4, [0, 1, 0, 0], [0] * 4, [0] * 4]


def test_no_images_give_an_empty_matrix() -> None:
    none = np.array([], dtype=int)

    assert confusion_matrix(none, none, _CLASSES).sum() == 0
    assert [score.support for score in class_scores(none, none, _CLASSES)] == [0] * 4


def test_scores_are_those_of_scikit_learns_report() -> None:
    report = classification_report(
        _LABELS,
        _PREDICTED,
        labels=range(4),
        target_names=_CLASSES,
        zero_division=0,
        output_dict=True,
    )

    for score in class_scores(_LABELS, _PREDICTED, _CLASSES):
        expected = report[score.name]
        assert score.precision == pytest.approx(expected["precision"])
        assert score.recall == pytest.approx(expected["recall"])
        assert score.f1 == pytest.approx(expected["f1-score"])
        assert score.support == expected["support"]


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([0, 4], [0, 1], "Labels must be 0 to 3 for 4 classes, got 0 to 4"),
        ([0, 1], [0, -1], "Predictions must be 0 to 3 for 4 classes, got -1 to 0"),
    ],
)
def test_numbers_that_are_no_class_are_refused(
    labels: list[int], predicted: list[int], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        confusion_matrix(np.array(labels), np.array(predicted), _CLASSES)
