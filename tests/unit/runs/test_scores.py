"""Mirrors src/unfreeze/runs/scores.py."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, fbeta_score, log_loss

from unfreeze.answering import Answering
from unfreeze.errors import DataError
from unfreeze.records import Predictions, RejectAt, Skipped, Task
from unfreeze.runs.predictor import Answers
from unfreeze.runs.scores import scores_of

PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3], [0.3, 0.3, 0.4]])
LABELS = np.array([0, 1, 1, 2])


RULES = Answering(classes=("x", "y", "z"))


def answers(labels: np.ndarray | None) -> Answers:
    predictions = Predictions(list("abcd"), ("x", "y", "z"), np.log(PROBS), labels)
    return Answers(predictions, (Skipped("e", "empty"),), RULES)


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


def test_the_interval_holds_the_accuracy() -> None:
    scores = scores_of(answers(LABELS))

    assert scores.interval.low < scores.accuracy < scores.interval.high
    assert "interval" not in scores.as_json()
    assert scores.scores["accuracy"] == scores.accuracy
    assert scores.scores["kind"] == "single"


def test_what_the_temperature_did_is_told_from_the_answers() -> None:
    """The answers are at the temperature; without it they would be surer."""
    warm = replace(answers(LABELS), temperature=2.0)

    calibration = scores_of(warm).scores["calibration"]

    raw = PROBS**2 / (PROBS**2).sum(axis=1, keepdims=True)
    assert calibration["temperature"] == 2.0
    assert calibration["log_loss_after"] == pytest.approx(log_loss(LABELS, PROBS))
    assert calibration["log_loss_before"] == pytest.approx(log_loss(LABELS, raw))


def test_reject_thresholds_are_counted_on_these_photos() -> None:
    known = replace(
        answers(LABELS), rules=replace(RULES, reject=(RejectAt(0.9, 0.55),))
    )

    reject = scores_of(known).scores["reject"]

    assert reject == [
        {
            "precision": 0.9,
            "threshold": 0.55,
            "coverage": 0.5,
            "accepted": 2,
            "wrong": 1,
        }
    ]


def test_several_labels_are_scored_at_their_thresholds() -> None:
    hot = np.array([[1, 0, 0], [0, 1, 1], [0, 1, 1], [1, 1, 1]], dtype=np.float32)
    several = replace(
        answers(hot),
        rules=replace(RULES, task=Task.MULTI, thresholds=(0.25, 0.25, 0.25)),
    )

    scores = scores_of(several)

    found = PROBS > 0.25
    assert scores.accuracy == pytest.approx((found == hot).mean())
    assert scores.confusion is None
    assert scores.scores["kind"] == "multi"
    assert scores.scores["f2"] == pytest.approx(
        fbeta_score(hot, found, beta=2, average="samples")
    )
    assert [row.threshold for row in scores.per_class] == [0.25] * 3
    json.dumps(scores.as_json())
