"""Mirrors src/unfreeze/runs/locks.py."""

import errno
import fcntl
import os
import resource
from pathlib import Path

import pytest

from unfreeze.errors import PlanError
from unfreeze.runs.locks import held, is_held


def test_a_file_is_held_once_and_names_the_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with held(path, "This"):
        assert is_held(path)
        with (
            pytest.raises(PlanError, match=rf"^This is .*\(process {os.getpid()}\)"),
            held(path, "This"),
        ):
            pass
    assert not is_held(path)


def test_the_file_of_a_colleague_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The superuser could open any file, so the refusal is played."""
    path, opened = tmp_path / "lock", Path.open

    def refuse(self: Path, mode: str) -> object:
        if "+" in mode:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return opened(self, mode)

    with held(path, "This"), monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert is_held(path)
    monkeypatch.setattr(Path, "open", refuse)
    assert not is_held(path)


def test_what_a_dead_process_left_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(str(os.getpid()))

    assert not is_held(path)
    with held(path, "This"):
        assert path.read_text() == str(os.getpid())


def test_what_a_file_held_before_stands_in_it_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("of a dead process")

    def refuse() -> None:
        with held(path, "This"):
            assert path.read_text() == str(os.getpid())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refuse()

    assert path.read_text() == "of a dead process"


def test_a_full_disk_is_no_obstacle(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with held(path, "This"):
            assert is_held(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_not_there_is_not_held(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")
    assert not list(tmp_path.iterdir())


def test_a_file_system_without_locks_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(stream: object, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)

    with held(tmp_path / "lock", "This"):
        assert not is_held(tmp_path / "lock")


def test_other_errors_of_the_system_are_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(stream: object, how: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fail)

    with pytest.raises(OSError, match="Input/output"), held(tmp_path / "lock", "This"):
        pass
