"""Walk a folder tree and tell images from everything else, by name alone."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from unfreeze.data.names import END, joined, parted
from unfreeze.errors import DataError
from unfreeze.photo_names import PHOTO_ENDINGS, is_unread_photo_name
from unfreeze.records import Skipped
from unfreeze.words import counted

__all__ = [
    "CACHE_TAG",
    "Ignored",
    "Listing",
    "list_folder",
    "note_cache",
    "note_ignored",
    "walk_images",
]

CACHE_TAG = b"CACHEDIR.TAG"
"""A folder that holds a file of this name is a cache, and is left out
(https://bford.info/cachedir/)."""

_SUFFIXES = frozenset(map(str.encode, PHOTO_ENDINGS))
_LONGEST_ENDING = 1 + max(map(len, _SUFFIXES))
_OTHER_NAME = "Its name is not that of an image file."
_OF_UNREAD_KIND = "of a kind that cannot be read (HEIC, JPEG XL or raw)"
_AS_WHAT = "as JPEG or PNG with the program of your camera or phone"
_UNREAD_KIND = f"It is a photo {_OF_UNREAD_KIND}: save it {_AS_WHAT}."
_NOT_A_FILE = "It is not a regular file, or a link that leads nowhere."
_PHOTOS_IN_CACHE = (
    "It is a folder with photos that CACHEDIR.TAG in it marks as a cache; remove that "
    "file to have them read."
)
_HIDDEN = re.compile(rb"\0\.[^\0]*(?=\0)")  # in a text that begins with a zero byte
_HAS_NUMBERED_FOLDERS = os.scandir in os.supports_fd  # not on Windows
_AT_ONCE = 1024  # names of a folder: a text of more of them is searched in a slower way
_MOST_NAMED = 1000  # a folder of a million text files must not fill the memory


@dataclass(slots=True)
class Ignored:
    """Files that a walk passed over: the first thousand by name, the rest counted."""

    named: list[Skipped] = field(default_factory=list)
    count: int = 0
    num_unread: int = 0
    """Photos among them, of kinds that cannot be read."""

    first_unread: str | None = None
    """The first of those."""

    def add(self, folder: bytes, name: bytes, reason: str) -> None:
        """Note one file, given by its folder and its name."""
        self.count += 1
        if reason == _UNREAD_KIND:
            self.num_unread += 1
            if self.first_unread is None:
                self.first_unread = os.fsdecode(_joined(folder, name))
        if len(self.named) < _MOST_NAMED:
            self.named.append(Skipped(os.fsdecode(_joined(folder, name)), reason))

    def said_of_unread(self) -> str:
        """A sentence about photos of kinds that cannot be read; empty without any.

        It begins with a space, to stand behind one that says that there are no others.
        """
        if self.first_unread is None:
            return ""
        return (
            f" Found {counted(self.num_unread, 'photo')} {_OF_UNREAD_KIND}, such as "
            f"{self.first_unread!r}: save {_AS_WHAT}."
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """What one folder holds, without hidden names."""

    folders: list[bytes]
    """In byte order."""

    images: bytes
    """Names, joined in the order of the file system; sorting a million takes time, and
    some callers only ask whether there are any."""

    others: list[bytes]
    """In byte order."""

    @property
    def is_cache(self) -> bool:
        """Whether the folder is marked as a cache."""
        return CACHE_TAG in self.others


def list_folder(path: bytes) -> Listing:
    """Sort the entries of one folder into folders, images and others.

    Raises:
        DataError: If the folder cannot be listed.
    """
    texts: list[bytes] = []
    folders: list[bytes] = []
    others: list[bytes] = []
    try:
        for files, subfolders, rest in _scan(path):
            images, not_images = _images_and_others(files)
            texts.append(images)
            folders += _visible(subfolders)
            others += not_images + _visible(rest)
    except OSError as error:
        raise _cannot_list(path, error) from error
    return Listing(sorted(folders), b"".join(texts), sorted(others))


def walk_images(
    root: Path, starts: Iterable[bytes], ignored: Ignored
) -> Iterator[tuple[bytes, bytes]]:
    """Yield every folder at or below each of ``starts`` and the images in it.

    Folders come depth first, in byte order, so that the order is the same on every
    machine; the names of the images are joined in the order of the file system. Hidden
    folders, caches, and links to a folder that holds them are not entered.

    Args:
        root: Where names start.
        starts: Folders to begin with, relative to ``root``; empty for ``root`` itself.
        ignored: Receives what is neither an image nor a folder.
    """
    base = os.fsencode(root)
    for start in starts:
        chain = frozenset({_identity(_joined(base, start) if start else base)})
        yield from _below(base, start, ignored, chain)


def note_ignored(ignored: Ignored, folder: bytes, names: list[bytes]) -> None:
    """Note files that :func:`list_folder` did not count as images.

    The mark of a cache is none of them: a folder that is asked for by name may have it.
    """
    for name in names:
        if name == CACHE_TAG:
            continue
        ignored.add(folder, name, _why_ignored(name))


def _why_ignored(name: bytes) -> str:
    if _is_image(name):
        return _NOT_A_FILE
    return _UNREAD_KIND if is_unread_photo_name(os.fsdecode(name)) else _OTHER_NAME


def note_cache(ignored: Ignored, folder: bytes, listing: Listing) -> None:
    """Note a folder that is left out as a cache, if photos lie directly in it.

    In ours they do not, so that these are somebody's.
    """
    if listing.images:
        parent, _, name = folder.rpartition(b"/")
        ignored.add(parent, name, _PHOTOS_IN_CACHE)


def _below(
    base: bytes, folder: bytes, ignored: Ignored, chain: frozenset[tuple[int, int]]
) -> Iterator[tuple[bytes, bytes]]:
    """Walk one folder; ``chain`` identifies it and the folders it lies in."""
    listing = list_folder(_joined(base, folder) if folder else base)
    if listing.is_cache and len(chain) > 1:
        note_cache(ignored, folder, listing)
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


def _scan(path: bytes) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Name the files, the folders and the rest of one folder, some at a time."""
    # Of a folder that is given by number, entries carry no path: that saves a tenth.
    place = os.open(path, os.O_RDONLY) if _HAS_NUMBERED_FOLDERS else os.fsdecode(path)
    try:
        with os.scandir(place) as entries:
            while any(some := _named(islice(entries, _AT_ONCE))):
                yield some
    finally:
        if isinstance(place, int):
            os.close(place)


def _named(
    entries: Iterable[os.DirEntry[str]],
) -> tuple[list[str], list[str], list[str]]:
    files: list[str] = []
    folders: list[str] = []
    rest: list[str] = []
    for entry in entries:
        if entry.is_file():
            files.append(entry.name)
        elif entry.is_dir():
            folders.append(entry.name)
        else:
            rest.append(entry.name)
    return files, folders, rest


def _visible(names: list[str]) -> list[bytes]:
    return [os.fsencode(name) for name in names if not name.startswith(".")]


def _images_and_others(names: list[str]) -> tuple[bytes, list[bytes]]:
    """Tell images, joined, from other names, listed; hidden names are neither."""
    text, num_hidden = _HIDDEN.subn(b"", END + joined(names))
    text = text[len(END) :]
    if _are_alike(text, len(names) - num_hidden):
        return text, []
    visible = parted(text)
    endings = {name[-_LONGEST_ENDING:] for name in visible}
    kinds = set(filter(_is_image, endings))
    if kinds == endings:
        return text, []
    images = [name for name in visible if name[-_LONGEST_ENDING:] in kinds]
    others = [name for name in visible if name[-_LONGEST_ENDING:] not in kinds]
    return END.join([*images, b""]), others


def _are_alike(text: bytes, count: int) -> bool:
    """Whether ``count`` joined names all end as the first, which is an image."""
    first, end, _ = text.partition(END)
    ending = first[first.rfind(b".") :] + end
    return _is_image(first) and text.count(ending) == count


def _is_image(name: bytes) -> bool:
    _, dot, suffix = name.rpartition(b".")
    return bool(dot) and suffix.lower() in _SUFFIXES


def _joined(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder else name
