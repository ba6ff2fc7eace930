"""Mirrors src/unfreeze/atomic.py."""

import errno
import os
from pathlib import Path

import pytest

from unfreeze.atomic import (
    copied_whole,
    folder_written_whole,
    full_disk_named,
    is_cache,
    tag_as_cache,
    text_written_whole,
    written_whole,
)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_appears_with_all_its_content(tmp_path: Path) -> None:
    target = tmp_path / "file"

    with written_whole(target) as stream:
        stream.write(b"some ")
        assert not target.exists()
        stream.write(b"content")

    assert target.read_bytes() == b"some content"
    assert _names(tmp_path) == ["file"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def write_half() -> None:
        with written_whole(target) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()

    assert target.read_bytes() == b"old"
    assert _names(tmp_path) == ["file"]


def test_a_file_is_readable_by_whom_the_user_allows(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with written_whole(tmp_path / "whole") as stream:
        stream.write(b"")

    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_longest_file_name_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 255)

    with written_whole(target) as stream:
        stream.write(b"content")

    assert target.exists()


def test_text_is_utf_8_with_line_ends_as_written(tmp_path: Path) -> None:
    with text_written_whole(tmp_path / "table.csv") as text:
        text.write("Füße,1\r\nKäse,2\n")

    assert (tmp_path / "table.csv").read_bytes() == "Füße,1\r\nKäse,2\n".encode()


def test_a_file_name_that_is_not_text_is_written_as_its_bytes(tmp_path: Path) -> None:
    with text_written_whole(tmp_path / "table.csv") as text:
        text.write(os.fsdecode(b"caf\xe9.jpg"))

    assert (tmp_path / "table.csv").read_bytes() == b"caf\xe9.jpg"


def test_text_that_fails_half_way_does_not_appear(tmp_path: Path) -> None:
    def write_half() -> None:
        with text_written_whole(tmp_path / "table.csv") as text:
            text.write("half")
            raise ValueError("no more rows")

    with pytest.raises(ValueError, match="no more rows"):
        write_half()

    assert _names(tmp_path) == []


def test_a_folder_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    with folder_written_whole(tmp_path / "folder") as unfinished:
        (unfinished / "file").touch()
        assert not (tmp_path / "folder").exists()

    assert (tmp_path / "folder/file").exists()
    assert _names(tmp_path) == ["folder"]


def test_an_unfinished_folder_disappears(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="full"),
        folder_written_whole(tmp_path / "folder"),
    ):
        raise OSError("disk full")

    assert _names(tmp_path) == []


def test_a_tag_has_the_signature_of_the_specification(tmp_path: Path) -> None:
    tag_as_cache(tmp_path / "cache")
    tag_as_cache(tmp_path / "cache")

    tag = (tmp_path / "cache/CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_only_what_holds_nothing_else_becomes_a_cache(tmp_path: Path) -> None:
    ours, theirs, file = tmp_path / "ours", tmp_path / "theirs", tmp_path / "file"
    ours.mkdir()
    (ours / f".{16 * '0'}.part").touch()  # of another process that tags it right now
    theirs.mkdir()
    (theirs / "photo.jpg").touch()
    file.touch()

    for folder in (ours, theirs):
        tag_as_cache(folder)

    assert is_cache(ours)
    assert not is_cache(theirs)
    assert _names(theirs) == ["photo.jpg"]
    assert not is_cache(tmp_path / "missing")
    with pytest.raises(FileExistsError):
        tag_as_cache(file)


def test_a_new_cache_appears_with_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One killed before that would leave an empty folder, which is a class."""
    seen = []
    rename = Path.rename

    def look(self: Path, target: Path) -> Path:
        seen.append((tmp_path / "a/cache").exists())
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", look)
    tag_as_cache(tmp_path / "a/cache")

    assert seen == [False]
    assert _names(tmp_path / "a") == ["cache"]
    assert _names(tmp_path / "a/cache") == ["CACHEDIR.TAG"]


def test_where_another_process_was_first_its_cache_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache"
    rename = Path.rename

    def second(self: Path, target: Path) -> Path:
        folder.mkdir()
        (folder / "CACHEDIR.TAG").write_text("of the first")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", second)
    tag_as_cache(folder)

    assert (folder / "CACHEDIR.TAG").read_text() == "of the first"
    assert _names(tmp_path) == ["cache"]


@pytest.mark.parametrize("name", ["tmp", "new/photos/tmp"])
def test_a_cache_that_cannot_be_marked_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """On a full disk a folder can often be made still, and no file written to it."""

    def refuse(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(OSError, match="No space left"):
        tag_as_cache(tmp_path / name)

    assert _names(tmp_path) == []


def test_a_folder_that_was_there_stays_where_it_cannot_be_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()

    def refuse(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(OSError, match="No space left"):
        tag_as_cache(tmp_path / "tmp")

    assert _names(tmp_path) == ["tmp"]


def test_a_full_disk_says_which_file_had_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").touch()

    def refuse(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def no_link(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fsync", refuse)
    monkeypatch.setattr(os, "link", no_link)

    with (
        pytest.raises(OSError, match="No space") as written,
        written_whole(tmp_path / "a"),
    ):
        pass
    with pytest.raises(OSError, match="No space") as copied:
        copied_whole(tmp_path / "source", tmp_path / "b")

    assert written.value.filename == str(tmp_path / "a")
    assert copied.value.filename == str(tmp_path / "b")


def test_other_errors_are_not_said_to_be_about_what_is_written(tmp_path: Path) -> None:
    for error in (OSError(errno.EIO, "x"), OSError(errno.ENOSPC, "x", "other")):
        with pytest.raises(OSError, match="x") as caught, full_disk_named(tmp_path):
            raise error
        assert caught.value.filename in (None, "other")
