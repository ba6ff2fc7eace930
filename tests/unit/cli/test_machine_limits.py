"""Mirrors src/unfreeze/cli/machine_limits.py."""

import errno
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from unfreeze.atomic import folder_written_whole, written_whole
from unfreeze.cli.machine_limits import refusal_of_machine


class _Usage(NamedTuple):
    free: int


def _full(name: str | None = None) -> OSError:
    return OSError(errno.ENOSPC, "No space left on device", name)


def test_a_full_disk_is_named_by_the_file_that_has_no_room(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="No space") as caught,
        written_whole(tmp_path / "model"),
    ):
        raise _full()

    found = refusal_of_machine(caught.value, [])

    assert found == (
        f"No space left on device: {tmp_path}/model. Make room on that disk, and run "
        "the command again."
    )


def test_hidden_names_of_what_is_being_written_are_not_shown(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="No space") as caught,
        folder_written_whole(tmp_path / "folder") as part,
        written_whole(part / "file"),
    ):
        raise _full()

    found = refusal_of_machine(caught.value, [])

    assert found.startswith(f"No space left on device: in {tmp_path}. Make room")
    assert ".part" not in found


def test_without_a_file_the_fullest_disk_in_use_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()

    def usage(place: Path) -> _Usage:
        is_full = place == tmp_path / "photos"
        return _Usage(2 * 10**6 if is_full else 10**9)

    monkeypatch.setattr(shutil, "disk_usage", usage)

    found = refusal_of_machine(_full(), ["train", f"{tmp_path}/photos", "--size", "9"])

    assert f"the disk of {tmp_path}/photos has 2 MB left. Make room" in found


def test_a_locked_folder_is_no_full_disk() -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "photos")

    assert refusal_of_machine(error, []) == "Permission denied: photos."
    assert refusal_of_machine(OSError(errno.EROFS, "x"), []) == "x: while writing."
