"""Mirrors src/unfreeze/runs/past_rows.py."""

import math
from dataclasses import asdict
from pathlib import Path

import pytest

from unfreeze.errors import DataError
from unfreeze.numerics.smoothing import RunningMean
from unfreeze.numerics.suggest import Suggestion
from unfreeze.runs.past_rows import cut_history, read_past_rows
from unfreeze.training.history import EpochRow, HistoryFile, StepRow

STEP = StepRow(0, 0, (1e-4, 0.1 + 0.2), None, 1 / 3, 2 / 3)
EPOCH = EpochRow(0, 0.1, 1e-17, {"accuracy": 2 / 7}, 1.5, 36, {"swa_loss": 0.5})
SUGGESTION = Suggestion(1 / 7, None, 0.5, "single sweep", "It falls.")


def written(path: Path) -> int:
    file = HistoryFile(path)
    curves = [{"rates": [1e-5, 1e-4], "losses": [1.1, 1 / 3]}]
    file.write("search", {**asdict(SUGGESTION), "curves": curves})
    file.write("fit", {"name": "fit 0", "epochs": 1, "steps_per_epoch": 1})
    file.write("step", asdict(STEP))
    file.write("epoch", asdict(EPOCH))
    size = file.secure()
    file.write("step", asdict(STEP))
    file.close()
    return size


def test_rows_are_what_they_were_to_the_last_bit(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    cut_history(path, written(path))

    rows = read_past_rows(path)

    assert [(fit.steps, fit.epochs) for fit in rows.fits] == [([STEP], [EPOCH])]
    (search,) = rows.searches
    assert search.suggestion == SUGGESTION
    steps = search.history.steps
    assert [step.rates for step in steps] == [(1e-5,), (1e-4,)]
    smooth = RunningMean().plus(1.1).plus(1 / 3).value
    assert steps[-1].smooth_loss == smooth


def test_a_loss_that_was_no_number_is_none_again(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    file = HistoryFile(path)
    file.write("fit", {"name": "fit 0"})
    file.write("step", {**asdict(STEP), "loss": math.inf})
    file.close()

    assert math.isnan(read_past_rows(path).fits[0].steps[0].loss)


def test_a_run_that_has_no_rows_yet_has_none(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    cut_history(path, 0)

    rows = read_past_rows(path)

    assert (rows.fits, rows.searches) == ([], [])


def test_rows_that_are_missing_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    size = written(path)

    with pytest.raises(DataError, match=r"history\.jsonl has .* and had"):
        cut_history(path, 10 * size)


@pytest.mark.parametrize(
    "line", ["torn", "{}", '{"kind": "nothing"}', '{"kind": "step", "loss": 1}']
)
def test_a_row_of_something_else_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(f"{line}\n")

    with pytest.raises(DataError, match="did not write"):
        read_past_rows(path)
