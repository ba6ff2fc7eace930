"""Mirrors src/unfreeze/runs/first_look.py."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from unfreeze.data import screen as screening
from unfreeze.data.index import index_folder
from unfreeze.data.split_folders import split_folders
from unfreeze.runs.first_look import first_look


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


def _wait_for_the_look() -> None:
    for thread in threading.enumerate():
        if thread.name == "unfreeze-first-look":
            thread.join()


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

    with first_look(folder):
        _wait_for_the_look()

    assert _looked_at_after_all(folder, monkeypatch) == 0


def test_it_ends_with_the_body_and_the_rest_is_left_to_training(
    drawn_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def slow(path: Path) -> screening._Verdict:
        seen.append(1)
        time.sleep(0.05)
        return screening._Verdict(None, "slow")

    monkeypatch.setattr(screening, "_examine", slow)

    with first_look(drawn_folder):
        while not seen:
            time.sleep(0.01)

    assert len(seen) < 30
    assert "unfreeze-first-look" not in {each.name for each in threading.enumerate()}


def test_it_ends_when_the_body_fails(drawn_folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt), first_look(drawn_folder):
        raise KeyboardInterrupt

    assert "unfreeze-first-look" not in {each.name for each in threading.enumerate()}


def test_what_training_would_refuse_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "one/only").mkdir(parents=True)
    for folder in (tmp_path / "one", tmp_path / "nowhere"):
        with first_look(folder):
            _wait_for_the_look()

    assert sorted(each.name for each in tmp_path.rglob("*")) == ["one", "only"]


def test_it_needs_nothing_that_takes_long_to_load() -> None:
    heavy = "{'torch', 'cv2', 'timm', 'sklearn', 'matplotlib'}"
    code = f"import sys, unfreeze.runs.first_look; print({heavy} & set(sys.modules))"

    said = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert said.stdout == "set()\n"
