"""Mirrors src/unfreeze/front/summary.py."""

import json
from pathlib import Path

from unfreeze.front.summary import RunSummary, StepSummary, hardware
from unfreeze.records import Skipped
from unfreeze.training.runtime import PlainRuntime


def test_the_file_has_the_fields_of_the_contract(tmp_path: Path) -> None:
    summary = RunSummary(
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

    summary.write(tmp_path / "summary.json")

    content = json.loads((tmp_path / "summary.json").read_text())
    assert set(content) == {
        "format", "status", "arch", "size", "classes", "n_train", "n_valid", "skipped",
        "accuracy", "tta_accuracy", "valid_loss", "confusion", "seconds", "budget",
        "plan", "steps", "settings", "hardware", "versions",
        "scores", "findings", "groups", "split", "fixes",
    }  # fmt: skip
    assert content["format"] == 1
    assert content["skipped"] == [{"file": "a.jpg", "reason": "It is empty."}]
    assert set(content["steps"][0]) >= {
        "name", "seconds", "lr", "epochs", "train_loss", "valid_loss", "accuracy",
        "images_per_second",
    }  # fmt: skip
    assert content["hardware"]["device"] == "cpu"
    assert content["hardware"]["precision"] == "fp32"
