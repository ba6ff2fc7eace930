"""Mirrors src/unfreeze/runs/answers.py."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from unfreeze.answering import Answering
from unfreeze.records import Predictions, Skipped
from unfreeze.runs.answers import answers_as_json, write_answers
from unfreeze.runs.predictor import Answers

RULES = Answering(classes=("cat", "dog"))


@pytest.fixture
def answers() -> Answers:
    log_probs = np.log([[0.25, 0.75], [0.9, 0.1]])
    names = ['a,"1".jpg', "b.jpg"]
    predictions = Predictions(names, ("cat", "dog"), log_probs, None)
    return Answers(predictions, (Skipped("c.jpg", "It is empty."),), RULES)


def test_a_row_has_the_file_its_label_and_a_column_per_class(
    answers: Answers, tmp_path: Path
) -> None:
    write_answers(tmp_path / "x.csv", answers)

    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))
    assert rows == [
        ["file", "label", "probability", "cat", "dog"],
        ['a,"1".jpg', "dog", "0.750000", "0.250000", "0.750000"],
        ["b.jpg", "cat", "0.900000", "0.900000", "0.100000"],
    ]


def test_json_says_the_same_and_names_what_was_skipped(answers: Answers) -> None:
    content = json.loads(json.dumps(answers_as_json(answers)))

    assert content["classes"] == ["cat", "dog"]
    assert content["skipped"] == [{"file": "c.jpg", "reason": "It is empty."}]
    first = content["predictions"][0]
    assert first["label"] == "dog"
    assert first["probabilities"] == pytest.approx({"cat": 0.25, "dog": 0.75})


# --- not sure ----------------------------------------------------------------------


def test_an_answer_below_the_threshold_is_not_sure(
    answers: Answers, tmp_path: Path
) -> None:
    write_answers(tmp_path / "x.csv", answers, 0.8)

    content = answers_as_json(answers, 0.8)

    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[1].endswith(",not sure,0.750000,0.250000,0.750000")
    assert lines[2].startswith("b.jpg,cat,")
    labels = [each["label"] for each in content["predictions"]]
    assert labels == ["not sure", "cat"]
