"""What the machine refuses, such as room on a full disk, in one sentence."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from unfreeze.atomic import is_part
from unfreeze.places import cache_home

__all__ = ["OF_THE_MACHINE", "refusal_of_machine"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

OF_THE_MACHINE = _FULL | {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EFBIG,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}
"""A full disk, a locked folder, a name that no file can have are nobody's bug."""


def refusal_of_machine(error: OSError, arguments: Sequence[str]) -> str:
    """Say what could not be done, where, and on a full disk what to do.

    Args:
        error: One of ``OF_THE_MACHINE``.
        arguments: Of the command. Where the error names no file, they say which disks
            were in use.
    """
    if error.errno not in _FULL:
        return f"{error.strerror}: {_place_of(error) or 'while writing'}."
    place = _place_of(error) or _fullest(arguments)
    return (
        f"{error.strerror}: {place}. Make room on that disk, and run the command again."
    )


def _place_of(error: OSError) -> str | None:
    """The file that an error is about, or the folder of one that has no name yet."""
    if not error.filename:
        return None
    path = Path(os.fsdecode(error.filename))
    unnamed = next((each for each in (path, *path.parents) if is_part(each)), None)
    return str(path) if unnamed is None else f"in {unnamed.parent}"


def _fullest(arguments: Sequence[str]) -> str:
    """Of all disks that were in use, the one with the least room, and how much."""
    rooms = {place: shutil.disk_usage(place).free for place in _in_use(arguments)}
    place = min(rooms, key=rooms.__getitem__)
    return f"the disk of {place} has {rooms[place] / 1e6:,.0f} MB left"


def _in_use(arguments: Sequence[str]) -> Iterator[Path]:
    yield Path.cwd()
    for each in (Path(tempfile.gettempdir()), cache_home(), *map(Path, arguments)):
        yield from (place for place in (each, each.parent) if place.is_dir())
