"""Mirrors src/unfreeze/training/history.py."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from unfreeze.training import history as module
from unfreeze.training.history import History, HistoryFile, StepRow


def _rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines as strictly as the standard is."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    lines = path.read_text().splitlines()
    return [json.loads(line, parse_constant=refuse) for line in lines]


def test_steps_are_numbered_and_keep_their_losses() -> None:
    history = History()
    for step, loss in enumerate((4.0, 2.0, 3.0)):
        history.add_step(step // 2, (0.1, 0.2), 0.9, torch.tensor(loss))

    assert len(history) == 3
    assert [row.step for row in history.steps] == [0, 1, 2]
    assert [row.epoch for row in history.steps] == [0, 0, 1]
    assert [row.loss for row in history.steps] == [4.0, 2.0, 3.0]
    assert history.steps[0] == StepRow(0, 0, (0.1, 0.2), 0.9, 4.0, 4.0)


def test_the_running_mean_is_bias_corrected() -> None:
    """Decay 0.98, written out; reading in between changes nothing."""
    losses = [4.0, 2.0, 3.0, 8.0]
    history = History()
    for loss in losses:
        history.add_step(0, (0.1,), None, torch.tensor(loss))
        if loss == 2.0:
            assert len(history.steps) == 2

    for count, row in enumerate(history.steps, start=1):
        weights = [0.98 ** (count - 1 - i) for i in range(count)]
        weighted = sum(w * x for w, x in zip(weights, losses, strict=False))
        assert row.smooth_loss == pytest.approx(weighted / sum(weights))


def test_lines_are_on_the_disk_after_each_epoch(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path / "run/history.jsonl")
    file.write("fit", {"name": "first"})
    file.write("step", {"step": 0, "rates": (0.1, 0.2)})
    file.write("epoch", {"epoch": 0, "metrics": {"accuracy": 0.5}})

    rows = _rows(tmp_path / "run/history.jsonl")

    assert rows == [
        {"kind": "fit", "name": "first"},
        {"kind": "step", "step": 0, "rates": [0.1, 0.2]},
        {"kind": "epoch", "epoch": 0, "metrics": {"accuracy": 0.5}},
    ]
    file.close()


def test_steps_are_on_the_disk_after_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 0.5, 1.5])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    path = tmp_path / "history.jsonl"
    file = HistoryFile(path)

    file.write("step", {"step": 0})
    assert _rows(path) == []
    file.write("step", {"step": 1})
    assert [row["step"] for row in _rows(path)] == [0, 1]
    file.close()


def test_closing_writes_the_rest_and_opening_again_appends(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for number in range(2):
        file = HistoryFile(path)
        file.write("step", {"step": number})
        file.close()

    assert [row["step"] for row in _rows(path)] == [0, 1]


def test_figures_that_json_does_not_know_become_null(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    file = HistoryFile(path)

    file.write(
        "epoch", {"loss": math.nan, "metrics": {"f2": -math.inf}, "rates": (math.inf,)}
    )

    assert _rows(path) == [
        {"kind": "epoch", "loss": None, "metrics": {"f2": None}, "rates": [None]}
    ]
    file.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_said_to_have_no_room_for_the_history() -> None:
    history = HistoryFile(Path("/dev/full"))

    with pytest.raises(OSError, match=r"No space left .*/dev/full"):
        history.write("epoch", {"epoch": 0})
    with pytest.raises(OSError, match=r"No space left .*/dev/full"):
        history.secure()
    with pytest.raises(OSError, match=r"No space left .*/dev/full"):
        history.close()
