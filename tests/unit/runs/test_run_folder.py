"""Mirrors src/unfreeze/runs/run_folder.py."""

import json
from pathlib import Path

import pytest

from unfreeze.errors import PlanError
from unfreeze.runs.locks import held
from unfreeze.runs.run_folder import (
    BEGUN,
    CHECKPOINT,
    LOCK,
    holds_nothing,
    is_unfinished,
    planned_run_folder,
    run_folder,
)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder per class."""
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    return tmp_path / "photos"


def left_by_a_run(folder: Path, status: str) -> Path:
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps({"status": status}))
    (folder / "model.safetensors").write_text(f"weights of a {status} run")
    return folder


# --- planned_run_folder ------------------------------------------------------------


def test_runs_are_named_after_the_photos_and_numbered(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert planned_run_folder(None, photos) == Path("runs/photos")
    Path("runs/photos").mkdir(parents=True)
    assert planned_run_folder(None, photos) == Path("runs/photos-2")
    Path("runs/photos-2").mkdir()
    assert planned_run_folder(None, photos) == Path("runs/photos-3")


def test_planning_touches_nothing(photos: Path, tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")

    assert planned_run_folder(out, photos) == out
    assert planned_run_folder(tmp_path / "deep" / "run", photos)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["photos", "run"]


def test_a_folder_with_other_things_is_refused(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    with pytest.raises(PlanError, match=r"holds other things .*'photos'.*--out"):
        planned_run_folder(tmp_path, photos)


@pytest.mark.parametrize("name", ["file", "file/run"])
def test_a_file_in_the_way_is_refused(photos: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(PlanError, match="is a file"):
        planned_run_folder(tmp_path / name, photos)


def test_a_run_among_class_folders_is_refused(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be taken for a class the next time."""
    with pytest.raises(PlanError, match="among the class folders"):
        planned_run_folder(photos / "run", photos)
    monkeypatch.chdir(photos)
    with pytest.raises(PlanError, match="among the class folders"):
        planned_run_folder(None, Path())


def test_a_run_beside_train_and_valid_is_fine(photos: Path) -> None:
    (photos / "train").mkdir()

    assert planned_run_folder(photos / "run", photos) == photos / "run"
    with pytest.raises(PlanError, match="among the class folders"):
        planned_run_folder(photos / "train" / "run", photos)


def test_a_run_that_has_just_begun_is_not_cleared(photos: Path, tmp_path: Path) -> None:
    """Its lock is there before anything tells that it is a run."""
    lock = tmp_path / "run" / CHECKPOINT / LOCK
    lock.parent.mkdir(parents=True)

    with held(lock, "This"):
        with pytest.raises(PlanError, match="still running"):
            planned_run_folder(tmp_path / "run", photos)
        assert lock.exists()


def test_what_a_kill_left_half_written_does_not_hide_the_way_to_go_on(
    photos: Path, tmp_path: Path
) -> None:
    place = tmp_path / "run" / CHECKPOINT
    place.mkdir(parents=True)
    (tmp_path / "run" / ".0f0f0f0f0f0f0f0f.part").touch()
    (place / BEGUN).touch()

    with pytest.raises(PlanError, match="unfreeze resume"):
        planned_run_folder(tmp_path / "run", photos)


# --- what a folder holds -----------------------------------------------------------


@pytest.mark.parametrize("names", [[], ["checkpoint/lock"], [f".{'0f' * 8}.part"]])
def test_a_run_that_was_killed_as_it_began_is_nothing(
    tmp_path: Path, names: list[str]
) -> None:
    (tmp_path / "run/checkpoint").mkdir(parents=True)
    for name in names:
        (tmp_path / "run" / name).touch()

    assert holds_nothing(tmp_path / "run")


@pytest.mark.parametrize(
    "name", ["summary.json", "history.jsonl", "notes", "checkpoint/best-000001"]
)
def test_everything_else_is_something(tmp_path: Path, name: str) -> None:
    (tmp_path / "run/checkpoint").mkdir(parents=True)
    (tmp_path / "run" / name).touch()

    assert not holds_nothing(tmp_path / "run")


def test_a_checkpoint_on_another_disk_is_something(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/checkpoint").symlink_to(tmp_path)

    assert not holds_nothing(tmp_path / "run")


@pytest.mark.parametrize("summary", ["[]", "null", '"finished"', "{", ""])
def test_a_summary_of_something_else_finishes_nothing(
    tmp_path: Path, summary: str
) -> None:
    out = unfinished(tmp_path / "run")
    (out / "report.html").touch()
    (out / "summary.json").write_text(summary)

    assert is_unfinished(out)


def test_a_folder_that_one_is_in_is_not_moved_aside(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")
    monkeypatch.chdir(out)

    with pytest.raises(PlanError, match=r"run holds an earlier run.*with you in it"):
        planned_run_folder(Path(), photos)


# --- run_folder --------------------------------------------------------------------


def test_a_run_is_known_by_its_model(tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")
    (out / "other.safetensors").touch()

    assert run_folder(out) == run_folder(out / "model.safetensors") == out
    for other in (out / "other.safetensors", tmp_path / "no" / "model.safetensors"):
        assert run_folder(other) == other


# --- unfinished runs ---------------------------------------------------------------


def unfinished(folder: Path) -> Path:
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "checkpoint/begun.json").touch()
    return folder


def test_a_run_that_can_go_on_is_not_cleared(photos: Path, tmp_path: Path) -> None:
    out = unfinished(tmp_path / "my run")

    with pytest.raises(PlanError, match=r"unfreeze resume '.*my run';"):
        planned_run_folder(out, photos)
    assert is_unfinished(out)


def test_a_run_that_is_running_is_said_to_be(photos: Path, tmp_path: Path) -> None:
    out = unfinished(tmp_path / "run")

    with (
        held(out / "checkpoint/lock", "It"),
        pytest.raises(PlanError, match="is still running"),
    ):
        planned_run_folder(out, photos)


def test_a_run_with_a_report_is_finished(tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")
    unfinished(out)

    assert is_unfinished(out)  # killed while it wrote the report
    (out / "report.html").touch()
    assert not is_unfinished(out)
