"""Mirrors src/unfreeze/runs/scores.py."""

import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from unfreeze.errors import DataError
from unfreeze.records import Predictions, Skipped
from unfreeze.runs.predictor import Answers
from unfreeze.runs.scores import scores_of

PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3], [0.3, 0.3, 0.4]])
LABELS = np.array([0, 1, 1, 2])


def answers(labels: np.ndarray | None) -> Answers:
    predictions = Predictions(list("abcd"), ("x", "y", "z"), np.log(PROBS), labels)
    return Answers(predictions, (Skipped("e", "empty"),))


def test_scores_are_those_of_scikit_learn() -> None:
    scores = scores_of(answers(LABELS))

    guesses = PROBS.argmax(axis=1)
    assert scores.num_images == 4
    assert scores.accuracy == pytest.approx(accuracy_score(LABELS, guesses))
    assert scores.loss == pytest.approx(log_loss(LABELS, PROBS))
    assert scores.confusion == confusion_matrix(LABELS, guesses).tolist()
    assert [row.support for row in scores.per_class] == [1, 2, 1]


def test_they_travel_as_json() -> None:
    content = json.loads(json.dumps(scores_of(answers(LABELS)).as_json()))

    assert content["classes"] == ["x", "y", "z"]
    assert content["per_class"][1]["name"] == "y"
    assert content["skipped"] == [{"file": "e", "reason": "empty"}]


def test_photos_without_labels_have_no_scores() -> None:
    with pytest.raises(DataError, match="no labels"):
        scores_of(answers(None))
