"""Mirrors src/unfreeze/runs/first_look.py."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unfreeze.data import screen as screening
from unfreeze.data.index import index_folder
from unfreeze.data.split_folders import split_folders
from unfreeze.runs import first_look as looking
from unfreeze.runs.first_look import first_look, look


class InterruptedLook(Exception):  # noqa: N818  # no error
    pass


def _looked_at_after_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Photos that training still has to open."""
    opened: list[Path] = []
    examine = screening._examine

    def noted(path: Path) -> object:
        opened.append(path)
        return examine(path)

    monkeypatch.setattr(screening, "_examine", noted)
    splits = split_folders(folder)
    for root in splits.roots.values():
        ledger = splits.home / "tmp/screened"
        screening.screen(index_folder(root), ledger, num_workers=0)
    return len(opened)


def _aged(folder: Path) -> Path:
    """Let no file look as if it could change again unnoticed."""
    for file in folder.rglob("*.png"):
        os.utime(file, (0, 0))
    time.sleep(2.1)  # the time of the last change of the file itself cannot be set
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("inner", "whole"), [("", 54), ("train", 36)])
def test_what_was_seen_meanwhile_is_not_opened_again(
    drawn_folder: Path, monkeypatch: pytest.MonkeyPatch, inner: str, whole: int
) -> None:
    folder = _aged(drawn_folder) / inner
    assert (
        sum(len(index_folder(each)) for each in split_folders(folder).roots.values())
        == whole
    )

    with first_look(folder) as process:
        assert process is not None
        assert process.wait(60) == 0

    assert _looked_at_after_all(folder, monkeypatch) == 0


@pytest.mark.slow
def test_what_was_seen_before_the_end_is_kept(
    drawn_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _aged(drawn_folder)

    def go_on(done: int, total: int) -> None:
        del total
        if done == 5:
            raise InterruptedLook

    with pytest.raises(InterruptedLook):
        look(folder, go_on, num_workers=0)

    assert _looked_at_after_all(folder, monkeypatch) == 54 - 5


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_it_ends_with_the_body(drawn_folder: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), first_look(drawn_folder) as process:
        raise error

    assert process is not None
    assert process.returncode == 0


def test_one_that_does_not_end_is_ended(
    drawn_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_PATIENCE", 0.1)

    with first_look(drawn_folder) as process:
        assert process is not None
        process.send_signal(signal.SIGSTOP)

    assert process.returncode == -signal.SIGKILL


def test_no_code_of_the_current_folder_is_run(
    drawn_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("open('was_run', 'w')")
    monkeypatch.chdir(tmp_path)

    with first_look(drawn_folder) as process:
        assert process is not None
        process.wait(30)

    assert not (tmp_path / "was_run").exists()
    assert process.returncode == 0


@pytest.mark.parametrize("executable", ["", "/nowhere/python"])
def test_without_another_python_there_is_no_look(
    drawn_folder: Path, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)

    with first_look(drawn_folder) as process:
        assert process is None


def test_what_training_would_refuse_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "one/only").mkdir(parents=True)
    for folder in (tmp_path / "one", tmp_path / "nowhere"):
        look(folder, lambda done, total: None, num_workers=0)

    assert sorted(each.name for each in tmp_path.rglob("*")) == ["one", "only"]


def test_it_needs_nothing_that_takes_long_to_load() -> None:
    heavy = "{'torch', 'cv2', 'timm', 'sklearn', 'matplotlib'}"
    code = f"import sys, unfreeze.runs.first_look; print({heavy} & set(sys.modules))"

    said = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert said.stdout == "set()\n"
