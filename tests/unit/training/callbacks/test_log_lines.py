"""Mirrors src/unfreeze/training/callbacks/log_lines.py."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unfreeze.training.callbacks import log_lines as module
from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.log_lines import LogLines
from unfreeze.training.history import EpochRow, HistoryFile

MakeView = Callable[..., RunView]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


@pytest.fixture
def file(path: Path) -> Iterator[HistoryFile]:
    file = HistoryFile(path)
    yield file
    file.close()


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_fit_row_comes_first(
    file: HistoryFile, path: Path, make_view: MakeView
) -> None:
    LogLines(file, "fit 0").on_train_begin(make_view())

    row = {"kind": "fit", "name": "fit 0", "epochs": 3, "steps_per_epoch": 2}
    assert _rows(path) == [row]


def test_after_each_epoch_its_steps_and_itself_are_on_the_disk(
    file: HistoryFile,
    path: Path,
    make_view: MakeView,
    make_row: Callable[..., EpochRow],
) -> None:
    callback = LogLines(file, "fit 0")
    for epochs in (1, 2):
        rows = [make_row(epoch) for epoch in range(epochs)]
        assert not callback.on_epoch_end(make_view(*rows, steps=2 * epochs))

    kinds = [(row["kind"], row.get("step", row["epoch"])) for row in _rows(path)]
    assert kinds == [
        *[("step", 0), ("step", 1), ("epoch", 0)],
        *[("step", 2), ("step", 3), ("epoch", 1)],
    ]
    assert _rows(path)[0]["rates"] == [0.1]
    assert _rows(path)[2]["metrics"] == {"accuracy": 0.75}


def test_steps_are_fetched_about_once_a_second(
    file: HistoryFile,
    path: Path,
    make_view: MakeView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    callback = LogLines(file, "fit 0")

    clock[0] = 0.9
    assert not callback.on_batch_end(make_view(steps=1))
    file.write("mark", {})
    clock[0] = 1.1
    callback.on_batch_end(make_view(steps=2))
    file.write("mark", {})

    assert [row["kind"] for row in _rows(path)] == ["mark", "step", "step", "mark"]


def test_steps_of_an_epoch_that_never_ended_are_written_at_the_end(
    file: HistoryFile, path: Path, make_view: MakeView
) -> None:
    LogLines(file, "fit 0").on_train_end(make_view(steps=3))
    file.close()

    assert [row["step"] for row in _rows(path)] == [0, 1, 2]
