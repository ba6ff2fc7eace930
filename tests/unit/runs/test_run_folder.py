"""Mirrors src/unfreeze/runs/run_folder.py."""

import json
import os
from pathlib import Path

import pytest

from unfreeze.errors import DataError, PlanError, UnfreezeError
from unfreeze.runs.locks import held
from unfreeze.runs.run_folder import (
    BEGUN,
    CHECKPOINT,
    LOCK,
    fresh_run_folder,
    is_unfinished,
    model_file,
    planned_run_folder,
    run_folder,
    unfinished_beside,
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


def fail_after_writing(out: Path, name: str, error: BaseException) -> None:
    with fresh_run_folder(out):
        (out / name).touch()
        raise error


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


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path / "nowhere/run")

    with (
        pytest.raises(PlanError, match="cannot be made as a folder"),
        fresh_run_folder(tmp_path / "run"),
    ):
        pass


def test_a_run_that_has_just_begun_is_not_cleared(photos: Path, tmp_path: Path) -> None:
    """Its lock is there before anything tells that it is a run."""
    lock = tmp_path / "run" / CHECKPOINT / LOCK
    lock.parent.mkdir(parents=True)

    with held(lock, "This"):
        with pytest.raises(PlanError, match="still running"):
            planned_run_folder(tmp_path / "run", photos)
        with (
            pytest.raises(PlanError, match="still running"),
            fresh_run_folder(tmp_path / "run"),
        ):
            pass
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
    (place / BEGUN).unlink()
    with fresh_run_folder(tmp_path / "run"):
        assert not list((tmp_path / "run").iterdir())


# --- fresh_run_folder --------------------------------------------------------------


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    with fresh_run_folder(tmp_path / "a" / "b"):
        assert list((tmp_path / "a" / "b").iterdir()) == []


def test_an_unfinished_run_is_used_again(tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "stopped")

    with fresh_run_folder(out):
        assert list(out.iterdir()) == []
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


def test_a_run_that_was_served_is_used_again_without_its_export(
    photos: Path, tmp_path: Path
) -> None:
    out = left_by_a_run(tmp_path / "run", "stopped")
    (out / "served.onnx").touch()
    (out / "served.golden.npz").touch()

    assert planned_run_folder(out, photos) == out
    with fresh_run_folder(out):
        assert list(out.iterdir()) == []


def test_finished_runs_are_moved_aside(tmp_path: Path) -> None:
    for _ in range(3):
        with fresh_run_folder(tmp_path / "run"):
            (tmp_path / "run").rmdir()
            left_by_a_run(tmp_path / "run", "finished")

    assert sorted(each.name for each in tmp_path.iterdir()) == ["run", "run.1", "run.2"]
    kept = (tmp_path / "run.1" / "model.safetensors").read_text()
    assert kept == "weights of a finished run"


def test_a_summary_that_is_torn_counts_as_unfinished(tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")
    (out / "summary.json").write_text('{"status": "fini')

    with fresh_run_folder(out):
        assert list(out.iterdir()) == []


def test_a_refused_run_leaves_everything_as_it_was(tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")

    with pytest.raises(UnfreezeError):
        fail_after_writing(out, "history.jsonl", UnfreezeError("does not fit"))

    assert [each.name for each in tmp_path.iterdir()] == ["run"]
    assert (out / "model.safetensors").read_text() == "weights of a finished run"
    assert not (out / "history.jsonl").exists()


def test_a_run_that_fails_later_keeps_its_model(tmp_path: Path) -> None:
    out = tmp_path / "run"

    with pytest.raises(UnfreezeError):
        fail_after_writing(out, "model.safetensors", UnfreezeError("diverged"))

    assert (out / "model.safetensors").exists()


def test_ctrl_c_keeps_what_is_there(tmp_path: Path) -> None:
    out = tmp_path / "run"

    with pytest.raises(KeyboardInterrupt):
        fail_after_writing(out, "summary.json", KeyboardInterrupt())

    assert (out / "summary.json").exists()


# --- model_file --------------------------------------------------------------------


def test_a_model_is_found_in_its_run_or_by_itself(tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")

    assert model_file(out) == out / "model.safetensors"
    assert model_file(out / "model.safetensors") == out / "model.safetensors"


@pytest.mark.parametrize("name", ["photos", "nowhere"])
def test_a_folder_without_a_model_is_refused(photos: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"no model in .*model\.safetensors"):
        model_file(photos.parent / name)


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
    with pytest.raises(PlanError, match="unfinished run"), fresh_run_folder(out):
        pass
    assert is_unfinished(out)


def test_a_run_that_is_running_is_said_to_be(photos: Path, tmp_path: Path) -> None:
    out = unfinished(tmp_path / "run")

    with (
        held(out / "checkpoint/lock", "It"),
        pytest.raises(PlanError, match="is still running"),
    ):
        planned_run_folder(out, photos)


def test_what_is_left_of_a_checkpoint_is_cleared(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    (out / "checkpoint").mkdir(parents=True)
    (out / "checkpoint/state-000001.safetensors").touch()

    assert planned_run_folder(out, photos) == out
    with fresh_run_folder(out):
        assert list(out.iterdir()) == []


def test_a_run_with_a_report_is_finished(tmp_path: Path) -> None:
    out = left_by_a_run(tmp_path / "run", "finished")
    unfinished(out)

    assert is_unfinished(out)  # killed while it wrote the report
    (out / "report.html").touch()
    assert not is_unfinished(out)


def test_the_latest_unfinished_run_of_the_same_photos_is_found(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert unfinished_beside(Path("runs/photos"), photos) is None
    for number, name in enumerate(("photos", "photos-2", "others")):
        os.utime(unfinished(Path("runs") / name), (number, number))
    left_by_a_run(Path("runs/photos-3"), "finished")

    assert unfinished_beside(Path("runs/photos-4"), photos) == Path("runs/photos-2")
