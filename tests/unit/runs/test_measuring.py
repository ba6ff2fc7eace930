"""Mirrors src/unfreeze/runs/measuring.py."""

import csv
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from unfreeze.front.presets import Preset
from unfreeze.insight.trust import check_trust
from unfreeze.model_file.reading import read_header
from unfreeze.numerics.calibration import (
    at_temperature,
    errors_by_chance,
    fit_temperature,
)
from unfreeze.records import Predictions
from unfreeze.runs.answer_table import read_answer_table
from unfreeze.runs.measuring import write_predictions
from unfreeze.runs.predictor import Classifier
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.training_run import train_folder


@pytest.fixture(scope="module")
def scores(finished_run: Path) -> dict[str, Any]:
    content = json.loads((finished_run / "summary.json").read_text())["scores"]
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def rows(finished_run: Path) -> list[dict[str, str]]:
    with (finished_run / "predictions.csv").open(newline="") as text:
        return list(csv.DictReader(text))


def test_the_file_answers_at_the_temperature_of_the_validation_photos(
    finished_run: Path, photos: Path, scores: dict[str, Any]
) -> None:
    header = read_header(finished_run / "model.safetensors")
    answers = Classifier.load(finished_run, num_workers=0).evaluate(photos)

    raw = at_temperature(answers.predictions.log_probs, 1 / header.temperature)
    assert answers.predictions.labels is not None
    expected = fit_temperature(raw, answers.predictions.labels)

    assert header.temperature == scores["calibration"]["temperature"]
    assert header.temperature == pytest.approx(expected, rel=0.05)
    assert header.tta_temperature is None  # the shortest recipe makes no views


def test_views_have_a_temperature_of_their_own(
    photos: Path, settings: RunSettings, tmp_path: Path
) -> None:
    with_views = replace(settings, recipe="head", epochs=1)

    summary = train_folder(
        photos, tmp_path / "run", with_views, write=lambda line: None, has_bar=False
    )

    header = read_header(tmp_path / "run/model.safetensors")
    assert header.tta_temperature is not None
    assert summary.tta_accuracy is not None


def test_scores_are_scikit_learns_of_the_written_answers(
    rows: list[dict[str, str]], scores: dict[str, Any]
) -> None:
    names = ["circles", "squares", "stripes"]
    labels = [row["label"] for row in rows]
    predicted = [row["predicted"] for row in rows]
    probs = np.array([[float(row[name]) for name in names] for row in rows])

    assert scores["kind"] == "single"
    assert scores["accuracy"] == metrics.accuracy_score(labels, predicted)
    assert scores["macro_f1"] == pytest.approx(
        metrics.f1_score(labels, predicted, average="macro")
    )
    hot = np.array([[name == label for name in names] for label in labels])
    assert scores["log_loss"] == pytest.approx(-np.log(probs[hot]).mean(), abs=1e-4)
    assert scores["brier"] == pytest.approx(
        ((probs - hot) ** 2).sum(1).mean(), abs=1e-4
    )


def test_each_photo_has_the_probability_of_every_class(
    rows: list[dict[str, str]],
) -> None:
    for row in rows:
        shares = {name: float(row[name]) for name in ("circles", "squares", "stripes")}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert row["probability"] == f"{max(shares.values()):.6f}"
        assert row["predicted"] == max(shares, key=lambda name: shares[name])


def test_several_labels_are_separated_by_spaces(tmp_path: Path) -> None:
    probs = np.array([[0.9, 0.6], [0.1, 0.15]])
    labels = np.array([[1, 1], [0, 0]], dtype=np.float32)
    predictions = Predictions(["a", "b"], ("road", "snow"), np.log(probs), labels)

    write_predictions(tmp_path / "x.csv", predictions)

    with (tmp_path / "x.csv").open(newline="") as text:
        lines = list(csv.reader(text))
    assert lines[0] == [
        "file", "label", "predicted", "probability", "loss", "road", "snow",
    ]  # fmt: skip
    assert lines[1][:4] == ["a", "road snow", "road snow", "0.900000"]
    assert float(lines[1][4]) == pytest.approx(-np.log([0.9, 0.6]).mean(), abs=1e-6)
    assert lines[2][:4] == ["b", "", "", "0.150000"]


def test_names_are_no_formulas_and_come_back_as_they_were(tmp_path: Path) -> None:
    """The file is UTF-8 throughout, whatever bytes the names of files hold."""
    names = ["=1+1.jpg", "'-a.jpg", os.fsdecode(b"caf\xe9.jpg"), "usual.jpg"]
    classes = ("@cat", "\tdog")
    labels = np.array([0, 1, 0, 1])
    predictions = Predictions(names, classes, np.log(np.full((4, 2), 0.5)), labels)

    path = tmp_path / "x.csv"
    write_predictions(path, predictions)

    with path.open(encoding="utf-8", newline="") as text:
        cells = [cell for row in csv.reader(text) for cell in row]
    assert not [cell for cell in cells if cell[0] in "=+-@\t\r\n"]
    answers = read_answer_table(path)
    assert [each.file for each in answers] == names
    assert [each.label for each in answers] == [classes[label] for label in labels]
    assert {each.predicted for each in answers} == {"@cat"}


def _calibration_on(shared_data: Path, run: Path, augment: Preset) -> dict[str, Any]:
    settings = RunSettings(
        arch="resnet18",
        weights=str(shared_data / "weights/resnet18.safetensors"),
        recipe="quick",
        augment=augment,
    )
    summary = train_folder(
        shared_data / run.name, run, settings, write=lambda line: None
    )
    assert summary.scores is not None
    return dict(summary.scores["calibration"])


def _as_trained(run: Path) -> Predictions:
    """The written answers to the validation photos, without the temperature."""
    answers = read_answer_table(run / "predictions.csv")
    with (run / "predictions.csv").open(newline="") as text:
        classes = next(csv.reader(text))[5:]
        text.seek(0)
        shares = [
            [float(row[each]) for each in classes] for row in csv.DictReader(text)
        ]
    logs = np.log(np.maximum(shares, 5e-7))  # six digits are written
    temperature = read_header(run / "model.safetensors").temperature
    return Predictions(
        [each.file for each in answers],
        tuple(classes),
        at_temperature(logs, 1 / temperature),
        np.array([classes.index(each.label) for each in answers]),
    )


def _part(whole: Predictions, rows: np.ndarray) -> Predictions:
    assert whole.labels is not None
    names = [whole.names[row] for row in rows]
    return Predictions(names, whole.classes, whole.log_probs[rows], whole.labels[rows])


def _judged_elsewhere(whole: Predictions, count: int) -> tuple[float, float, float]:
    """Mean errors and change of the log loss, at temperatures of ``count`` photos.

    Judged on the other photos, over 20 draws; chance is taken away from the errors.
    """
    found = []
    for draw in range(20):
        order = np.random.default_rng(draw).permutation(len(whole.names))
        few = _part(whole, order[:count])
        assert few.labels is not None
        temperature = fit_temperature(few.log_probs, few.labels)
        trust = check_trust(_part(whole, order[count:]), temperature)
        gain = trust.log_loss_before - trust.log_loss_after
        found.append((trust.ece_before_debiased, trust.ece_after_debiased, gain))
    before, after, gain = np.mean(found, axis=0).tolist()
    return before, after, gain


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "augment"),
    [("rsscn7", "top-down"), ("dogscats", "side-on"), ("chestxray", "basic")],
)
def test_probabilities_for_photos_are_right_after_scaling(
    shared_data: Path, tmp_path: Path, name: str, augment: Preset
) -> None:
    """With chance taken away, half as far off as before, or within 2 %.

    On halves that temperatures were not found on; and where they were found on 69
    photos, on the others.
    """
    found = _calibration_on(shared_data, tmp_path / name, augment)

    wanted = max(found["ece_before_debiased"] / 2, 0.02)
    assert found["ece_after_debiased"] <= wanted
    assert found["ece_after_interval"]["high"] < 0.1
    assert found["log_loss_after"] <= found["log_loss_before"]
    before, after, gain = _judged_elsewhere(_as_trained(tmp_path / name), 69)
    assert after <= max(before / 2, 0.02)
    assert gain > 0


@pytest.mark.realdata
def test_69_photos_cannot_show_whether_probabilities_are_right(
    shared_data: Path, tmp_path: Path
) -> None:
    """Of right probabilities, too, every single draw shows more than 2 %."""
    run = tmp_path / "hymenoptera"
    found = _calibration_on(shared_data, run, "side-on")

    kept = at_temperature(_as_trained(run).log_probs, found["temperature"])
    sure = np.exp(kept).max(axis=1)
    assert errors_by_chance(sure, np.random.default_rng(0), 2000).min() > 0.02
    assert found["ece_after_interval"]["low"] < 0.02
    assert found["ece_after_interval"]["high"] > 0.05
    assert found["log_loss_after"] <= found["log_loss_before"]


def test_what_a_run_says_of_its_photos_is_what_its_file_says_anywhere(
    finished_run: Path, photos: Path, rows: list[dict[str, str]]
) -> None:
    answers = Classifier.load(finished_run, num_workers=0).evaluate(photos)

    names = [row["file"] for row in rows]
    classes = answers.predictions.classes
    written = [[float(row[each]) for each in classes] for row in rows]
    assert names == list(answers.predictions.names)
    assert answers.predictions.probs == pytest.approx(np.array(written), abs=1e-5)
