"""By what our exports are told from files of others; ``bundle`` tells ONNX files.

Both kinds are archives, and the names of what lies in them tell. No torch is needed.
"""

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

__all__ = ["PROGRAM_MARK", "is_golden", "is_program", "is_whole_archive", "writer_of"]

PROGRAM_MARK = "unfreeze"
"""Name of an extra file in a ``.pt2`` of ours."""

PROGRAM_WORDS = "written by unfreeze "
"""What that file says, before the version."""


def is_program(path: Path) -> bool:
    """Whether a file is a program for torch that we wrote."""
    return any(map(_is_mark, _names_in(path)))


def writer_of(path: Path) -> str | None:
    """The version of unfreeze that wrote a program. None where no mark says so."""
    try:
        with zipfile.ZipFile(path) as archive:
            marks = filter(_is_mark, archive.namelist())
            said = "".join(archive.read(name).decode() for name in marks)
    except (zipfile.BadZipFile, UnicodeDecodeError, zlib.error):
        return None
    _, _, version = said.partition(PROGRAM_WORDS)
    return version or None


def is_whole_archive(path: Path) -> bool:
    """Whether all that lies in an archive has the checksums that were saved with it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, zlib.error):
        return False


def is_golden(path: Path) -> bool:
    """Whether a file holds example answers as ``golden`` writes them."""
    names = set(_names_in(path))
    others = names - {"probabilities.npy"}
    return others != names and all(name.startswith("pixels_") for name in others)


def _is_mark(name: str) -> bool:
    return name.endswith(f"/extra/{PROGRAM_MARK}")


def _names_in(path: Path) -> Collection[str]:
    """Of what lies in an archive; none where it is no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        return ()
