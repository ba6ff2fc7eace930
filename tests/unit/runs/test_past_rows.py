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
    size = written(path)

    rows = read_past_rows(path, size)

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
    lost = {"train_loss": math.nan, "valid_loss": math.inf, "metrics": {"f2": math.nan}}
    file.write("epoch", {**asdict(EPOCH), **lost})
    curves = [{"rates": [1e-5, 1e-4], "losses": [1.1, math.nan]}]
    file.write("search", {**asdict(SUGGESTION), "curves": curves})
    file.close()

    rows = read_past_rows(path, path.stat().st_size)

    (epoch,) = rows.fits[0].epochs
    (search,) = rows.searches
    figures = [rows.fits[0].steps[0].loss, epoch.train_loss, epoch.valid_loss]
    figures += [epoch.metrics["f2"], search.curves[0].losses[1]]
    assert all(map(math.isnan, figures))
    assert epoch.extra == EPOCH.extra


def test_a_run_that_has_no_rows_yet_has_none(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    cut_history(path, 0)

    rows = read_past_rows(path, 0)

    assert not path.exists()
    assert (rows.fits, rows.searches) == ([], [])


def test_rows_behind_the_state_are_cut_off_and_none_before(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    size = written(path)
    before = path.read_bytes()

    cut_history(path, size)

    assert path.read_bytes() == before[:size]
    assert len(before) > size


def test_reading_cuts_nothing_and_minds_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    size = written(path)
    with path.open("ab") as file:
        file.write(b'{"kind": "st\xff')
    before = path.read_bytes()

    assert len(read_past_rows(path, size).fits[0].steps) == 1
    assert path.read_bytes() == before


def test_rows_that_are_missing_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    size = written(path)

    with pytest.raises(DataError, match=r"history\.jsonl has .* and had"):
        read_past_rows(path, 10 * size)


@pytest.mark.parametrize(
    "line", ["torn", "{}", '{"kind": "nothing"}', '{"kind": "step", "loss": 1}']
)
def test_a_row_of_something_else_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(f"{line}\n")

    with pytest.raises(DataError, match="did not write"):
        read_past_rows(path, len(line))
