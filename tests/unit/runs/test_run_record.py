"""Mirrors src/unfreeze/runs/run_record.py."""

import json
import math
from pathlib import Path

import pytest

from unfreeze.errors import DataError
from unfreeze.runs.locks import held
from unfreeze.runs.run_record import read_answers, read_run


def step(loss: float | None) -> str:
    return json.dumps({"kind": "step", "loss": loss})


def epoch(train: float, valid: float | None) -> str:
    return json.dumps({"kind": "epoch", "train_loss": train, "valid_loss": valid})


SEARCH = {
    "kind": "search", "rate": 0.01, "low": 0.001, "high": 0.1, "verdict": "stable",
    "reason": "3 of 3.", "curves": [{"rates": [0.1, 1.0], "losses": [0.5, None]}],
}  # fmt: skip
FIT = '{"kind": "fit", "name": "fit 0", "epochs": 2, "steps_per_epoch": 2}'


@pytest.fixture
def run(tmp_path: Path) -> Path:
    summary = {"status": "finished", "classes": ["a", "b"]}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    return tmp_path


def test_fits_and_searches_are_told_apart(run: Path) -> None:
    lines = [
        json.dumps(SEARCH), FIT, step(0.9), step(None), epoch(0.8, 0.7), step(0.5),
        step(0.4), epoch(0.4, None), FIT, step(0.3),
    ]  # fmt: skip
    (run / "history.jsonl").write_text("\n".join([*lines, '{"kind": "st']))

    record = read_run(run)

    first, second = record.fits
    assert len(first.losses.losses) == 4
    assert math.isnan(first.losses.losses[1])
    assert first.losses.valid[0] == (2, 0.7)
    assert math.isnan(first.losses.valid[1][1])
    assert list(second.losses.losses) == [0.3]
    (search,) = record.searches
    assert (search.rate, search.verdict) == (0.01, "stable")
    assert math.isnan(search.curves[0].losses[1])


def test_a_folder_with_a_summary_alone_is_a_run(run: Path) -> None:
    record = read_run(run)

    assert (record.fits, record.searches, record.answers) == ((), (), ())
    assert record.kept == {}
    assert record.is_finished


def test_a_run_that_can_go_on_or_is_still_running_is_known(run: Path) -> None:
    (run / "checkpoint").mkdir()
    (run / "checkpoint/begun.json").write_text("{}")
    (run / "summary.json").write_text('{"status": "stopped"}')

    with held(run / "checkpoint/lock", "It"):
        busy = read_run(run)

    assert (busy.can_go_on, busy.is_running) == (True, True)
    assert (read_run(run).can_go_on, read_run(run).is_running) == (True, False)


def test_a_damaged_memory_of_the_model_is_no_reason_to_stop(run: Path) -> None:
    (run / "report.json").write_text("{half")

    assert read_run(run).kept == {}


@pytest.mark.parametrize("content", [None, "{half", "[1]"])
def test_a_folder_without_a_summary_is_refused(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "summary.json").write_text(content)

    with pytest.raises(DataError, match=r"no readable summary\.json in"):
        read_run(tmp_path)


def test_answers_are_read_with_and_without_a_column_per_class(run: Path) -> None:
    table = "file,label,predicted,probability,loss,a,b\na/x.jpg,a,b,0.7,1.2,0.3,0.7\n"
    (run / "predictions.csv").write_text(table)

    (answer,) = read_answers(run, ["a", "b"])

    assert (answer.file, answer.label, answer.predicted) == ("a/x.jpg", "a", "b")
    assert (answer.probability, answer.loss) == (0.7, 1.2)
    assert not answer.is_right


def test_answers_with_several_labels_are_those_of_a_run_with_several(run: Path) -> None:
    table = "file,label,predicted,probability,loss\nx.jpg,a b,a,0.7,1.2\n"
    (run / "predictions.csv").write_text(table)

    assert read_answers(run, ["a", "b"]) == ()
    (answer,) = read_answers(run, ["a", "b"], is_multi=True)
    assert (answer.label, answer.is_right) == ("a b", False)
    assert read_answers(run, ["a", "c"], is_multi=True) == ()


def test_damaged_answers_are_refused(run: Path) -> None:
    (run / "predictions.csv").write_text("file,label,predicted,probability,loss\nx,a\n")

    with pytest.raises(DataError, match="lacks rows or columns"):
        read_run(run)
