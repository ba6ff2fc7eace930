"""By what our exports are told from files of others; ``bundle`` tells ONNX files.

Both kinds are archives, and the names of what lies in them tell. No torch is needed.
"""

import zipfile
from collections.abc import Collection
from pathlib import Path

__all__ = ["PROGRAM_MARK", "is_golden", "is_program"]

PROGRAM_MARK = "unfreeze"
"""Name of an extra file in a ``.pt2`` of ours."""


def is_program(path: Path) -> bool:
    """Whether a file is a program for torch that we wrote."""
    return any(name.endswith(f"/extra/{PROGRAM_MARK}") for name in _names_in(path))


def is_golden(path: Path) -> bool:
    """Whether a file holds example answers as ``golden`` writes them."""
    names = set(_names_in(path))
    others = names - {"probabilities.npy"}
    return others != names and all(name.startswith("pixels_") for name in others)


def _names_in(path: Path) -> Collection[str]:
    """Of what lies in an archive; none where it is no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        return ()
