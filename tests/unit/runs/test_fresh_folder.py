"""Mirrors src/unfreeze/runs/fresh_folder.py."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from unfreeze.errors import PlanError, UnfreezeError
from unfreeze.runs.fresh_folder import fresh_run_folder
from unfreeze.runs.locks import held
from unfreeze.runs.run_folder import BEGUN, CHECKPOINT, LOCK, PHOTOS


def quiet(line: str) -> None:
    del line


def left_by_a_run(folder: Path, status: str) -> Path:
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps({"status": status}))
    (folder / "model.safetensors").write_text(f"weights of a {status} run")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@contextmanager
def refusal() -> Iterator[None]:
    with pytest.raises(UnfreezeError, match="does not fit"):
        yield


def be_refused(out: Path) -> None:
    """Begin a run, write its history and refuse it."""
    with refusal(), fresh_run_folder(out, quiet):
        (out / "history.jsonl").touch()
        raise UnfreezeError("does not fit")


def fail_after_writing(out: Path, name: str, error: BaseException) -> None:
    with fresh_run_folder(out, quiet):
        (out / name).touch()
        raise error


# --- what is there stays -----------------------------------------------------------


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    with fresh_run_folder(tmp_path / "a" / "b", quiet):
        assert names_in(tmp_path / "a" / "b") == []


def test_runs_are_moved_aside_with_a_word(tmp_path: Path) -> None:
    lines: list[str] = []
    for number in range(3):
        with fresh_run_folder(tmp_path / "run", lines.append):
            (tmp_path / "run" / "model.safetensors").write_text(f"weights {number}")

    assert names_in(tmp_path) == ["run", "run.1", "run.2"]
    kept = {
        each: (tmp_path / each / "model.safetensors").read_text()
        for each in names_in(tmp_path)
    }
    assert kept == {"run": "weights 2", "run.1": "weights 0", "run.2": "weights 1"}
    run = tmp_path / "run"
    assert lines == [
        f"note: what was in {run} is kept in {run}.1",
        f"note: what was in {run} is kept in {run}.2",
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"model.safetensors": "m", "served.onnx": "o", "served.golden.npz": "g"},
        {"predictions.csv": "file,label"},
        {"summary.json": '{"status": "fini', "model.safetensors": "m"},
        {"summary.json": "[]", "model.safetensors": "m"},
        {"summary.json": '{"status": "stopped"}', "model.safetensors": "m"},
        {"summary.json": '{"status": "stopped"}', "history.jsonl": "{}"},
        {"checkpoint/state-000001.safetensors": "s"},
        {"checkpoint/my own.pth": "p"},
    ],
    ids=["deployed", "a table", "torn", "a list", "stopped", "rows", "state", "own"],
)
def test_nothing_is_lost_that_was_there(tmp_path: Path, files: dict[str, str]) -> None:
    """Neither what a person put there, nor the model of a run that cannot go on."""
    out = tmp_path / "run"
    (out / "checkpoint").mkdir(parents=True)
    for name, text in files.items():
        (out / name).write_text(text)
    before = contents(out)

    with fresh_run_folder(out, quiet):
        assert names_in(out) == []

    assert names_in(tmp_path) == ["run", "run.1"]
    assert contents(tmp_path / "run.1") == before


def test_what_was_killed_as_it_began_is_cleared(tmp_path: Path) -> None:
    place = tmp_path / "run" / CHECKPOINT
    place.mkdir(parents=True)
    for name in (LOCK, PHOTOS, f".{'0f' * 8}.part"):
        (place / name).touch()
    (tmp_path / f"run/.{'0f' * 8}.part").touch()

    with fresh_run_folder(tmp_path / "run", quiet):
        assert names_in(tmp_path / "run") == []
    assert names_in(tmp_path) == ["run"]


def test_a_run_that_can_go_on_is_not_touched(tmp_path: Path) -> None:
    place = tmp_path / "run" / CHECKPOINT
    place.mkdir(parents=True)
    (place / BEGUN).touch()

    with (
        pytest.raises(PlanError, match="unfreeze resume"),
        fresh_run_folder(tmp_path / "run", quiet),
    ):
        pass
    assert names_in(place) == [BEGUN]


def test_a_run_that_has_just_begun_is_not_touched(tmp_path: Path) -> None:
    """Its lock is there before anything tells that it is a run."""
    lock = tmp_path / "run" / CHECKPOINT / LOCK
    lock.parent.mkdir(parents=True)

    with (
        held(lock, "This"),
        pytest.raises(PlanError, match="still running"),
        fresh_run_folder(tmp_path / "run", quiet),
    ):
        pass
    assert lock.exists()


def test_a_folder_that_cannot_be_moved_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the root of a mounted disk cannot."""
    out = left_by_a_run(tmp_path / "run", "finished")

    def fail(path: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))

    monkeypatch.setattr(Path, "rename", fail)
    with (
        pytest.raises(PlanError, match=r"cannot be moved aside \(.*busy\).*--out"),
        fresh_run_folder(out, quiet),
    ):
        pass
    assert names_in(out) == ["model.safetensors", "summary.json"]


# --- a run that is refused ---------------------------------------------------------


@pytest.mark.parametrize("status", ["finished", "stopped"])
def test_a_refused_run_leaves_everything_as_it_was(tmp_path: Path, status: str) -> None:
    out = left_by_a_run(tmp_path / "run", status)
    before = contents(tmp_path)
    lines: list[str] = []

    with refusal(), fresh_run_folder(out, lines.append):
        (out / "history.jsonl").touch()
        raise UnfreezeError("does not fit")

    assert contents(tmp_path) == before
    assert names_in(tmp_path) == ["run"]
    assert lines[-1] == f"note: it is in {out} again"


def test_a_refused_run_leaves_no_folder_of_its_own(tmp_path: Path) -> None:
    be_refused(tmp_path / "run")

    assert names_in(tmp_path) == []


def test_a_refused_run_leaves_the_folder_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    be_refused(tmp_path / "run")

    assert names_in(tmp_path) == ["run"]
    assert names_in(tmp_path / "run") == []


def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    """The earlier run then stays where it is said to be."""
    out = left_by_a_run(tmp_path / "run", "finished")

    with refusal(), fresh_run_folder(out, quiet):
        (out / "thesis.txt").touch()
        raise UnfreezeError("does not fit")

    assert names_in(out) == ["thesis.txt"]
    assert names_in(tmp_path / "run.1") == ["model.safetensors", "summary.json"]


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


# --- links, and the current folder -------------------------------------------------


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path / "nowhere/run")

    with (
        pytest.raises(PlanError, match="cannot be made as a folder"),
        fresh_run_folder(tmp_path / "run", quiet),
    ):
        pass


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_refused_run_behind_a_link_leaves_the_link(
    tmp_path: Path, is_finished: bool
) -> None:
    real = tmp_path / "real"
    if is_finished:
        left_by_a_run(real, "finished")
    else:
        real.mkdir()
    before = contents(real)
    (tmp_path / "link").symlink_to(real)

    be_refused(tmp_path / "link")

    assert names_in(tmp_path) == ["link", "real"]
    assert (tmp_path / "link").is_symlink()
    assert contents(real) == before


def test_what_is_behind_a_link_is_moved_aside_there(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    left_by_a_run(tmp_path / "disk/run", "finished")
    (tmp_path / "link").symlink_to(tmp_path / "disk/run")
    lines: list[str] = []

    with fresh_run_folder(tmp_path / "link", lines.append):
        (tmp_path / "link/history.jsonl").touch()

    assert names_in(tmp_path) == ["disk", "link"]
    assert names_in(tmp_path / "disk/run") == ["history.jsonl"]
    assert (tmp_path / "disk/run.1/model.safetensors").is_file()
    assert lines[0].endswith(f"is kept in {tmp_path / 'disk/run.1'}")


def test_the_current_folder_can_take_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    be_refused(Path())
    assert names_in(tmp_path) == ["here"]
    with fresh_run_folder(Path(), quiet):
        Path("model.safetensors").touch()
    assert names_in(tmp_path / "here") == ["model.safetensors"]


def test_an_earlier_run_in_the_current_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved aside, it would take the shell of the person along."""
    out = left_by_a_run(tmp_path / "run", "finished")
    monkeypatch.chdir(out)
    before = contents(tmp_path)

    with (
        pytest.raises(PlanError, match="with you in it"),
        fresh_run_folder(Path(), quiet),
    ):
        pass
    assert contents(tmp_path) == before
    assert names_in(tmp_path) == ["run"]


def test_places_are_told_as_they_were_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_a_run(tmp_path / "run", "finished")
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []

    with fresh_run_folder(Path("run"), lines.append):
        pass

    assert lines == ["note: what was in run is kept in run.1"]
