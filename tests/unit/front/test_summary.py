"""Mirrors src/unfreeze/front/summary.py."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.front.summary import RunSummary, StepSummary, hardware
from unfreeze.records import Skipped
from unfreeze.training.runtime import PlainRuntime


@pytest.fixture
def summary() -> RunSummary:
    """Of a short run, with numbers for all that one can measure."""
    return RunSummary(
        status="finished",
        arch="resnet34",
        size=224,
        classes=("cat", "dog"),
        n_train=8,
        n_valid=2,
        skipped=(Skipped("a.jpg", "It is empty."),),
        accuracy=0.5,
        tta_accuracy=None,
        valid_loss=0.7,
        confusion=[[1, 0], [1, 0]],
        scores=None,
        seconds=1.5,
        budget=None,
        plan=None,
        groups=None,
        fixes=None,
        steps=[StepSummary("look", 1.5, lr=[0.1])],
        settings={"seed": 0},
        hardware=hardware(PlainRuntime()),
        versions={"python": "3.11"},
    )


def test_the_file_has_the_fields_of_the_contract(
    summary: RunSummary, tmp_path: Path
) -> None:
    summary.write(tmp_path / "summary.json")

    content = json.loads((tmp_path / "summary.json").read_text())
    assert set(content) == {
        "format", "status", "arch", "size", "classes", "n_train", "n_valid", "skipped",
        "accuracy", "tta_accuracy", "valid_loss", "confusion", "seconds", "budget",
        "plan", "steps", "settings", "hardware", "versions",
        "scores", "findings", "groups", "split", "validation", "fixes",
    }  # fmt: skip
    assert content["format"] == 1
    assert content["skipped"] == [{"file": "a.jpg", "reason": "It is empty."}]
    assert set(content["steps"][0]) >= {
        "name", "seconds", "lr", "epochs", "train_loss", "valid_loss", "accuracy",
        "images_per_second",
    }  # fmt: skip
    assert content["hardware"]["device"] == "cpu"
    assert content["hardware"]["precision"] == "fp32"


def test_losses_without_a_number_leave_valid_json(
    summary: RunSummary, tmp_path: Path
) -> None:
    steps = [StepSummary("look", valid_loss=math.nan, train_loss=math.inf)]
    path = tmp_path / "summary.json"

    replace(summary, valid_loss=-math.inf, steps=steps).write(path)

    text = path.read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    content = json.loads(text)
    assert content["valid_loss"] is None
    (step,) = content["steps"]
    assert (step["train_loss"], step["valid_loss"]) == (None, None)
