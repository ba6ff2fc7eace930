"""Mirrors src/unfreeze/runs/run_notes.py."""

import json
import os
from pathlib import Path

import pytest

from unfreeze.runs import run_folder
from unfreeze.runs.locks import held
from unfreeze.runs.run_notes import place_notes, unfinished_note


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def left(folder: Path, *, status: str, can_go_on: bool = False) -> Path:
    """A run folder whose summary has a status."""
    (folder / "checkpoint").mkdir(parents=True)
    if can_go_on:
        (folder / "checkpoint/begun.json").touch()
    (folder / "summary.json").write_text(json.dumps({"status": status}))
    (folder / "report.html").touch()
    (folder / "model.safetensors").touch()
    return folder


# --- where a run goes --------------------------------------------------------------


def test_the_first_run_of_some_photos_needs_no_word(photos: Path) -> None:
    left(Path("runs/photos"), status="stopped", can_go_on=True)

    assert place_notes(Path("runs/photos"), photos) == []


def test_a_number_is_told(photos: Path) -> None:
    left(Path("runs/photos"), status="finished")

    (note,) = place_notes(Path("runs/photos-2"), photos)

    assert note.startswith(
        "note: runs/photos is there already, so this run goes to runs/photos-2"
    )


def test_the_latest_unfinished_run_of_the_same_photos_is_named(photos: Path) -> None:
    for number, name in enumerate(("photos", "photos-2", "others")):
        run = left(Path("runs") / name, status="stopped", can_go_on=True)
        os.utime(run, (number, number))
    left(Path("runs/photos-3"), status="finished")

    _, note = place_notes(Path("runs/photos-4"), photos)

    assert note.endswith("unfreeze resume runs/photos-2")


def test_the_run_of_a_colleague_is_not_offered(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(Path("runs/photos"), status="stopped", can_go_on=True)
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    (note,) = place_notes(Path("runs/photos-2"), photos)

    assert "is there already" in note


# --- whom one asks -----------------------------------------------------------------


def test_a_finished_run_needs_no_word(tmp_path: Path) -> None:
    assert unfinished_note(left(tmp_path / "run", status="finished")) is None


def test_a_model_alone_needs_no_word(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()

    assert unfinished_note(tmp_path / "model.safetensors") is None
    assert unfinished_note(tmp_path) is None


@pytest.mark.parametrize("name", ["", "model.safetensors"])
def test_an_unfinished_run_says_how_it_goes_on(tmp_path: Path, name: str) -> None:
    run = left(tmp_path / "my run", status="stopped", can_go_on=True)

    note = unfinished_note(run / name)

    assert note == (
        "note: This run is unfinished: its weights are those of its best epoch so far; "
        f"unfreeze resume '{run}' goes on."
    )


@pytest.mark.parametrize("can_go_on", [True, False])
def test_of_weights_that_are_not_there_nothing_is_said(
    tmp_path: Path, can_go_on: bool
) -> None:
    run = left(tmp_path / "run", status="stopped", can_go_on=can_go_on)
    (run / "model.safetensors").unlink()

    assert unfinished_note(run) is None


def test_a_running_one_is_not_to_be_gone_on_with(tmp_path: Path) -> None:
    run = left(tmp_path / "run", status="stopped", can_go_on=True)

    with held(run / "checkpoint/lock", "It"):
        note = unfinished_note(run)

    assert note is not None
    assert note.startswith("note: This run is still running")
    assert "resume" not in note


def test_a_stopped_one_without_its_checkpoint_cannot_go_on(tmp_path: Path) -> None:
    note = unfinished_note(left(tmp_path / "run", status="stopped"))

    assert note is not None
    assert note.startswith("note: This run was stopped before its end")
    assert "resume" not in note


def test_a_lock_that_may_not_be_opened_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the folder of somebody else."""
    run = left(tmp_path / "run", status="stopped", can_go_on=True)

    def fail(run: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(run_folder, "is_running", fail)

    assert "unfreeze resume" in (unfinished_note(run) or "")
