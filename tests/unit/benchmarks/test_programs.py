"""Mirrors benchmarks/programs.py."""

import json
import math
from pathlib import Path

from benchmarks.contestants import Milestone
from benchmarks.programs import fine_tune, first_reaching, train
from benchmarks.protocol import Task


def test_a_target_that_was_never_reached_takes_forever() -> None:
    assert first_reaching(0.99, [(1.0, 0.9)]) == math.inf


def test_our_steps_are_timed_from_the_start_of_the_process(tmp_path: Path) -> None:
    """Python took 2 of 22 seconds, and the good step ended 14 s into the rest."""
    steps = [
        {"seconds": 4.0, "accuracy": None},
        {"seconds": 10.0, "accuracy": 0.9},
        {"seconds": 6.0, "accuracy": 0.95},
    ]
    summary = {"seconds": 20.0, "accuracy": 0.94, "steps": steps}
    (tmp_path / "run").mkdir()
    (tmp_path / "run/summary.json").write_text(json.dumps(summary))
    read = train("quick").figures

    assert read is not None
    assert read(Task(target=0.9), [Milestone(22.0, {})], tmp_path) == {
        "seconds": 22.0,
        "accuracy": 0.94,
        "seconds to target": 16.0,
    }


def test_the_last_epoch_of_fastai_is_its_end(tmp_path: Path) -> None:
    told = [
        Milestone(30.0, {"accuracy": 0.8}),
        Milestone(50.0, {"accuracy": 0.97}),
        Milestone(51.0, {}),
    ]
    read = fine_tune().figures

    assert read is not None
    assert read(Task(target=0.96), told, tmp_path) == {
        "seconds": 50.0,
        "accuracy": 0.97,
        "seconds of frozen epoch": 30.0,
        "accuracy of frozen epoch": 0.8,
        "seconds to target": 50.0,
    }
