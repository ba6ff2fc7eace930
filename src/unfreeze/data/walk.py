"""Walk a folder tree and tell images from everything else, by name alone."""

import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from unfreeze.errors import DataError
from unfreeze.records import Skipped

__all__ = [
    "CACHE_TAG",
    "Ignored",
    "Listing",
    "list_folder",
    "note_ignored",
    "walk_images",
]

CACHE_TAG = b"CACHEDIR.TAG"
"""A folder that holds a file of this name is a cache, and is left out
(https://bford.info/cachedir/)."""

_SUFFIXES = frozenset(
    b"apng avif bmp gif j2k jfif jp2 jpe jpeg jpg mpo pbm pgm png pnm ppm qoi tif tiff"
    b" webp".split()
)
_LONGEST_ENDING = 1 + max(map(len, _SUFFIXES))
_OTHER_NAME = "Its name is not that of an image file."
_NOT_A_FILE = "It is not a regular file, or a link that leads nowhere."
_MOST_NAMED = 1000  # a folder of a million text files must not fill the memory


@dataclass(slots=True)
class Ignored:
    """Files that a walk passed over: the first thousand by name, the rest counted."""

    named: list[Skipped] = field(default_factory=list)
    count: int = 0

    def add(self, folder: bytes, name: bytes, reason: str) -> None:
        """Note one file, given by its folder and its name."""
        self.count += 1
        if len(self.named) < _MOST_NAMED:
            self.named.append(Skipped(os.fsdecode(_joined(folder, name)), reason))


@dataclass(frozen=True, slots=True)
class Listing:
    """What one folder holds, without hidden names; each list in byte order."""

    folders: list[bytes]
    images: list[bytes]
    others: list[bytes]

    @property
    def is_cache(self) -> bool:
        """Whether the folder is marked as a cache."""
        return CACHE_TAG in self.others


def list_folder(path: bytes) -> Listing:
    """Sort the entries of one folder into folders, images and others.

    Raises:
        DataError: If the folder cannot be listed.
    """
    files: list[bytes] = []
    folders: list[bytes] = []
    odd: list[bytes] = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_file():
                    files.append(entry.name)
                elif entry.is_dir():
                    folders.append(entry.name)
                else:
                    odd.append(entry.name)
    except OSError as error:
        raise _cannot_list(path, error) from error
    images, others = _parted(_visible(files))
    return Listing(_visible(folders), images, sorted(others + _visible(odd)))


def walk_images(
    root: Path, start: bytes, ignored: Ignored
) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield every folder at or below ``root/start`` and the images in it.

    Folders come depth first, in byte order, so that the order is the same on every
    machine. Hidden folders, caches, and links to a folder that holds them are not
    entered.

    Args:
        root: Where names start.
        start: Folder to begin with, relative to ``root``; empty for ``root`` itself.
        ignored: Receives what is neither an image nor a folder.
    """
    base = os.fsencode(root)
    chain = frozenset({_identity(_joined(base, start) if start else base)})
    yield from _below(base, start, ignored, chain)


def note_ignored(ignored: Ignored, folder: bytes, names: list[bytes]) -> None:
    """Note files that :func:`list_folder` did not count as images."""
    for name in names:
        ignored.add(folder, name, _NOT_A_FILE if _is_image(name) else _OTHER_NAME)


def _below(
    base: bytes, folder: bytes, ignored: Ignored, chain: frozenset[tuple[int, int]]
) -> Iterator[tuple[bytes, list[bytes]]]:
    """Walk one folder; ``chain`` identifies it and the folders it lies in."""
    listing = list_folder(_joined(base, folder) if folder else base)
    if listing.is_cache and len(chain) > 1:
        return
    note_ignored(ignored, folder, listing.others)
    yield folder, listing.images
    for name in listing.folders:
        child = _joined(folder, name)
        identity = _identity(_joined(base, child))
        if identity in chain:
            ignored.add(folder, name, "It links to a folder that contains it.")
        else:
            yield from _below(base, child, ignored, chain | {identity})


def _identity(path: bytes) -> tuple[int, int]:
    """Tell folders apart, whatever they are called."""
    try:
        status = os.stat(path)  # noqa: PTH116  bytes: a Path holds text only
    except OSError as error:
        raise _cannot_list(path, error) from error
    return status.st_dev, status.st_ino


def _cannot_list(path: bytes, error: OSError) -> DataError:
    return DataError(
        f"The folder {os.fsdecode(path)} cannot be listed: {error.strerror}. "
        "Check that it exists and that you may read it."
    )


def _visible(names: list[bytes]) -> list[bytes]:
    """Sort ``names`` in place and drop those that begin with a dot."""
    names.sort()
    first = bisect_left(names, b".")
    del names[first : bisect_left(names, b"/", lo=first)]  # "/" follows "." in ASCII
    return names


def _parted(names: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Part names of images from other names, keeping their order."""
    # Folders mostly hold one kind of file: then a few endings answer for all names.
    if all(map(_is_image, {name[-_LONGEST_ENDING:] for name in names})):
        return names, []
    images = [name for name in names if _is_image(name)]
    return images, [name for name in names if not _is_image(name)]


def _is_image(name: bytes) -> bool:
    _, dot, suffix = name.rpartition(b".")
    return bool(dot) and suffix.lower() in _SUFFIXES


def _joined(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder else name
