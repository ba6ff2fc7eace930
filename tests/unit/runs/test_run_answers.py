"""Mirrors src/unfreeze/runs/run_answers.py."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from unfreeze.errors import DataError, PlanError
from unfreeze.runs.photo_list import photos_at
from unfreeze.runs.predictor import Classifier
from unfreeze.runs.run_answers import RunAnswers


def test_a_run_answers_as_its_classifier_does(finished_run: Path, photos: Path) -> None:
    answerer = RunAnswers(finished_run, num_workers=0)
    expected = Classifier.load(finished_run, num_workers=0).predict([photos / "valid"])

    (block,) = answerer.blocks(photos_at([photos / "valid"]))

    assert np.array_equal(block.log_probs, expected.predictions.log_probs)
    assert list(block.names) == list(expected.predictions.names)
    assert answerer.rules == expected.rules


def test_the_digest_changes_with_the_model_and_with_views(
    finished_run: Path, tmp_path: Path
) -> None:
    model = shutil.copy(finished_run / "model.safetensors", tmp_path / "m.safetensors")
    digest = RunAnswers(finished_run).digest

    assert RunAnswers(Path(model)).digest == digest
    assert RunAnswers(finished_run, tta=True).digest != digest
    content = bytearray(Path(model).read_bytes())
    content[-1] ^= 1
    Path(model).write_bytes(content)
    assert RunAnswers(Path(model)).digest != digest


def test_a_precision_is_promised_of_plain_photos_only(finished_run: Path) -> None:
    of_views = RunAnswers(finished_run, tta=True).rules

    with pytest.raises(PlanError, match=r"plain\s+photos.*Predict without views"):
        of_views.least_probability(None, 0.5)
    assert of_views.least_probability(0.5, None) == 0.5
    assert of_views == Classifier.load(finished_run, num_workers=0).rules(tta=True)


def test_nothing_but_the_header_is_read_at_first(
    finished_run: Path, tmp_path: Path
) -> None:
    content = (finished_run / "model.safetensors").read_bytes()
    damaged = tmp_path / "m.safetensors"
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    answerer = RunAnswers(damaged)

    assert answerer.rules.classes == ("circles", "squares", "stripes")
    with pytest.raises(DataError, match="no model in"):
        RunAnswers(tmp_path)
