"""Mirrors src/unfreeze/runs/state_folder.py."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from unfreeze import atomic
from unfreeze.atomic import remove_parts
from unfreeze.errors import DataError
from unfreeze.runs.state_folder import StateFolder, put_best


def filled(folder: Path, count: int) -> StateFolder:
    """A folder in which so many states were written, each with its number in it."""
    (folder / "kept").mkdir()
    states = StateFolder(folder / "kept")
    for number in range(1, count + 1):
        add(states, folder, number)
    return states


def add(states: StateFolder, folder: Path, number: int) -> None:
    model = folder / "new"
    model.write_text(f"model {number}")
    model.replace(folder / "model")  # as models are written
    tensors = {"weight": torch.full((3, 2), float(number))}
    states.write(tensors, {"number": number}, folder / "model")


def number_of(states: StateFolder) -> int | None:
    """Of the latest state; all of its parts must be of the same moment."""
    state = states.newest()
    if state is None:
        return None
    number = int(state.content["number"])
    assert state.tensors["weight"].eq(number).all()
    assert state.best is not None
    assert state.best.read_text() == f"model {number}"
    return number


def test_the_latest_state_is_read_and_two_stay(tmp_path: Path) -> None:
    states = filled(tmp_path, 4)

    assert number_of(states) == 4
    assert sorted(each.name for each in (tmp_path / "kept").iterdir()) == [
        "best-000003.safetensors",
        "best-000004.safetensors",
        "state-000003.safetensors",
        "state-000004.safetensors",
    ]


def test_an_empty_folder_has_no_state(tmp_path: Path) -> None:
    assert StateFolder(tmp_path).newest() is None


def test_a_run_may_have_no_model_yet(tmp_path: Path) -> None:
    states = StateFolder(tmp_path)
    states.write({}, {"number": 1}, tmp_path / "model")

    state = states.newest()

    assert state is not None
    assert (dict(state.tensors), state.best) == ({}, None)


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 9, 100, -1])
def test_a_state_that_is_cut_at_any_byte_gives_way(tmp_path: Path, cut: int) -> None:
    states = filled(tmp_path, 2)
    newest = tmp_path / "kept/state-000002.safetensors"
    newest.write_bytes(newest.read_bytes()[:cut])

    assert number_of(states) == 1


def contents(folder: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_states_of_which_none_is_whole_are_not_taken_for_none(tmp_path: Path) -> None:
    states = filled(tmp_path, 2)
    for file in (tmp_path / "kept").glob("state-*"):
        file.write_bytes(file.read_bytes()[:-1])
    before = contents(tmp_path)

    with pytest.raises(DataError, match=r"2 states in .*kept, and none is whole"):
        states.newest()
    assert contents(tmp_path) == before


def test_states_whose_models_are_all_gone_are_refused(tmp_path: Path) -> None:
    states = filled(tmp_path, 1)
    (tmp_path / "kept/best-000001.safetensors").unlink()

    with pytest.raises(DataError, match=r"1 state in .*kept, and none is whole"):
        states.newest()


@pytest.mark.parametrize("name", ["open", "stat"])
@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_a_state_out_of_reach_does_not_give_way_to_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    """It is there, and may be whole: only the disk, the mount or a right is not."""
    states = filled(tmp_path, 2)
    really = getattr(Path, name)

    def fail(path: Path, *arguments: object, **words: object) -> object:
        if path.name == "state-000002.safetensors":
            raise OSError(number, os.strerror(number), str(path))
        return really(path, *arguments, **words)

    monkeypatch.setattr(Path, name, fail)

    reason = re.escape(os.strerror(number))
    with pytest.raises(DataError, match=rf"state-000002.* cannot be read \({reason}\)"):
        states.newest()


def test_a_state_whose_model_is_gone_gives_way(tmp_path: Path) -> None:
    states = filled(tmp_path, 2)
    (tmp_path / "kept/best-000002.safetensors").unlink()

    assert number_of(states) == 1


class _Killed(BaseException):
    """Nothing behind it happens, as after a kill."""


_CALLS = ((os, "link"), (os, "fsync"), (Path, "replace"), (Path, "unlink"))
"""Whatever changes something on the disk, and can be the last thing that happens."""


@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize("is_done", [False, True])
def test_a_kill_at_any_call_leaves_a_whole_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, is_done: bool
) -> None:
    """The old or the new one; the next state is written all the same."""
    states = filled(tmp_path, 3)
    (tmp_path / "new").write_text("model 4")
    (tmp_path / "new").replace(tmp_path / "model")
    calls = 0

    def fatal(really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object, **words: object) -> object:
            nonlocal calls
            calls += 1
            if calls == at + 1 and is_done:
                really(*arguments, **words)
            if calls > at:
                raise _Killed
            return really(*arguments, **words)

        return call

    with monkeypatch.context() as patch:
        for owner, name in _CALLS:
            patch.setattr(owner, name, fatal(getattr(owner, name)))
        tensors = {"weight": torch.full((3, 2), 4.0)}
        killed = False
        try:
            states.write(tensors, {"number": 4}, tmp_path / "model")
        except _Killed:
            killed = True

    assert killed or calls <= at
    assert number_of(states) in (3, 4)
    remove_parts(tmp_path / "kept")
    add(states, tmp_path, 5)
    remove_parts(tmp_path / "kept")
    assert states.newest() is not None
    assert not list((tmp_path / "kept").glob(".*"))
    assert len(list((tmp_path / "kept").glob("state-*"))) == 2


def test_a_file_system_without_links_gets_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError

    monkeypatch.setattr(atomic.os, "link", refuse)

    assert number_of(filled(tmp_path, 3)) == 3


def test_the_model_of_a_state_is_put_back(tmp_path: Path) -> None:
    states = filled(tmp_path, 2)
    (tmp_path / "later").write_text("a later one")
    (tmp_path / "later").replace(tmp_path / "model")

    put_best(states.newest(), tmp_path / "model")
    assert (tmp_path / "model").read_text() == "model 2"
    put_best(None, tmp_path / "model")
    assert not (tmp_path / "model").exists()
