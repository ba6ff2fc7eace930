"""Files and folders that appear whole or not at all."""

import errno
import io
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

__all__ = [
    "copied_whole",
    "folder_written_whole",
    "full_disk_named",
    "is_cache",
    "is_part",
    "remove_parts",
    "tag_as_cache",
    "text_written_whole",
    "written_whole",
]

_PART = re.compile(r"\.[0-9a-f]{16}\.part")

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# What https://bford.info/cachedir/ asks for.
_CACHE_TAG = "CACHEDIR.TAG"
_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55\n"


@contextmanager
def full_disk_named(target: Path) -> Iterator[None]:
    """Let the error of a full disk say what was written: the system leaves it out."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in _FULL:
            error.filename = str(target)
        raise


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """Open a hidden neighbour of ``target``; it takes its place only on success.

    The content is on the disk before the name is, so that neither a killed process nor
    a power cut leaves half a file under that name.
    """
    part = _neighbour(target)
    try:
        with full_disk_named(target), part.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def text_written_whole(target: Path) -> Iterator[TextIO]:
    """The same for text in UTF-8, with line ends as they are written.

    Names of files that are not text are written as the bytes they are.
    """
    with written_whole(target) as stream:
        text = io.TextIOWrapper(
            stream, encoding="utf-8", errors="surrogateescape", newline=""
        )
        yield text
        text.flush()
        text.detach()


@contextmanager
def folder_written_whole(target: Path) -> Iterator[Path]:
    """Make a hidden neighbour of the folder ``target``; rename it only on success."""
    part = _neighbour(target)
    missing = [each for each in target.parents if not each.exists()]
    try:
        part.mkdir(parents=True)
        with full_disk_named(target):
            yield part
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        _remove_empty(missing)


def tag_as_cache(folder: Path) -> None:
    """Make a folder, and mark it as a cache: indexing and many backups pass it over.

    A new one appears with its mark, or not at all: one without would be taken for
    somebody's. One that is there and holds other things already gets none: they belong
    to somebody.

    Raises:
        OSError: If it cannot be made and marked; no new folder is left then.
    """
    if not folder.exists():
        try:
            with folder_written_whole(folder) as made:
                _write_tag(made)
        except OSError:
            if not folder.exists():  # else another process was first
                raise
    folder.mkdir(exist_ok=True)
    if not is_cache(folder) and _holds_nothing(folder):
        _write_tag(folder)


def is_cache(folder: Path) -> bool:
    """Whether a folder is marked as a cache."""
    return os.access(folder / _CACHE_TAG, os.F_OK)


def _holds_nothing(folder: Path) -> bool:
    try:
        return all(map(is_part, folder.iterdir()))
    except OSError:  # closed to us
        return False


def _write_tag(folder: Path) -> None:
    with written_whole(folder / _CACHE_TAG) as stream:
        stream.write(_SIGNATURE)


def copied_whole(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where that is impossible; in one move."""
    part = _neighbour(target)
    try:
        try:
            os.link(source, part)
        except OSError:
            with full_disk_named(target):
                shutil.copyfile(source, part)
            with full_disk_named(target), part.open("rb+") as stream:
                os.fsync(stream.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def is_part(path: Path) -> bool:
    """Whether a file has the name of one that was being written."""
    return _PART.fullmatch(path.name) is not None


def remove_parts(folder: Path) -> None:
    """Remove what a killed process was writing into a folder."""
    for each in folder.iterdir():
        if is_part(each) and not each.is_dir():
            each.unlink(missing_ok=True)


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove those that hold nothing, inner ones first."""
    for each in folders:
        with suppress(OSError):
            each.rmdir()


def _neighbour(target: Path) -> Path:
    return target.with_name(f".{secrets.token_hex(8)}.part")
