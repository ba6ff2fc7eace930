"""Which photos are asked about: files, folders and patterns, each photo once."""

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from unfreeze.data.index import index_flat_folder
from unfreeze.data.names import joined, name_starts
from unfreeze.data.paths import PackedNames
from unfreeze.data.walk import Ignored, note_ignored, walk_images
from unfreeze.errors import DataError
from unfreeze.photo_names import is_photo_name

__all__ = ["each_once", "names_at", "photos_at"]

_WILD = re.compile(r"[*?[]")
_ADDRESS = re.compile(r"(?i)(https?|ftp|s3|gs|file|data):")
_AT_ONCE = 2**15
"""Names that are packed together: a million Python strings would take 100 MB."""


def photos_at(paths: str | Path | Iterable[str | Path]) -> PackedNames:
    """Find photos without opening any, in the order given, each of them once.

    Args:
        paths: One or several of what ``names_at`` takes.

    Raises:
        DataError: If there is nothing at one of the paths, a folder or a pattern
            stands for no images, or something else than paths is given.
    """
    return each_once(name for path in _each(paths) for name in names_at(path))


def names_at(path: str | Path) -> Iterator[str]:
    """Name the photos that one path stands for.

    Args:
        path: A file, whatever its name; a folder, for all images in it and below; or
            a pattern with ``*``, ``?``, ``[a-z]`` or ``**`` (any folders), for the
            images and folders that match, sorted. A file or folder of exactly that
            name comes first, so that ``photo[1].jpg`` is itself.

    Raises:
        DataError: If there is nothing there, or a pipe, a socket or a device.
    """
    found = Path(path)
    if found.is_dir():
        names = index_flat_folder(found, ()).names
        yield from (str(found / name) for name in names)
    elif found.is_file():
        yield str(found)
    elif found.exists():
        raise DataError(
            f"{path} is a pipe, a socket or a device, and photos are read from regular "
            "files alone. Save it to a file, and pass that."
        )
    elif _ADDRESS.match(str(path)):
        raise DataError(
            f"{str(path)[:80]} is an address, and photos are read from files alone. "
            "Download it, and pass the file."
        )
    elif str(path) == "-":
        raise DataError(
            "There is no file called -. To read names of photos from standard input, "
            "pass --list -."
        )
    elif _WILD.search(str(path)):
        yield from _matching(str(path))
    else:
        raise DataError(f"There is no file or folder {path}. Check the path.")


def each_once(names: Iterable[str]) -> PackedNames:
    """Pack names in their order, leaving out those that came before.

    Relative and absolute paths are the same. Names are as a ``Path`` writes them.
    Links and ``..`` are not followed: then two names might stand for two photos.

    Raises:
        DataError: If there are none, or one holds a zero byte, which no file name can.
    """
    marks = bytearray()
    here = str(Path.cwd())

    def noted() -> Iterator[str]:
        for name in names:
            if "\0" in name:
                raise DataError(
                    f"{name[:80]!r} is not the name of a file: it holds a zero byte. "
                    "Check the list that it comes from."
                )
            whole = os.path.join(here, name)  # noqa: PTH118  a Path remembers its parts
            marks.extend(hashlib.blake2b(os.fsencode(whole), digest_size=16).digest())
            yield name

    packed = _packed(noted())
    if not packed:
        raise DataError("No photos are named. Pass files, folders or patterns.")
    distinct = np.frombuffer(marks, dtype="V16")
    _, first = np.unique(distinct, return_index=True)
    if len(first) == len(packed):
        return packed
    return packed.take(np.sort(first))


def _each(paths: str | Path | Iterable[str | Path]) -> Iterator[str | Path]:
    """Every path; a lone one is one, and not the letters of its name."""
    if isinstance(paths, str | os.PathLike):
        yield paths
        return
    if isinstance(paths, bytes) or not isinstance(paths, Iterable):
        raise _no_path(paths)
    for path in paths:
        if not isinstance(path, str | os.PathLike):
            raise _no_path(path)
        yield path


def _no_path(found: object) -> DataError:
    return DataError(
        f"Got an object of {type(found).__name__}. Expected the path of a photo, a "
        "folder or a pattern, or a list of them; save a picture that is in memory to "
        "a file, and pass its path."
    )


def _packed(names: Iterator[str]) -> PackedNames:
    texts: list[bytes] = []
    starts: list[np.ndarray] = []
    while some := list(islice(names, _AT_ONCE)):
        texts.append(joined(some))
        starts.append(name_starts(texts[-1]))
    text_of = np.repeat(
        np.arange(len(texts), dtype=np.int32),
        np.array([len(each) for each in starts], dtype=np.int64),
    )
    none = np.zeros(0, dtype=np.int64)
    return PackedNames(
        (b"",) * len(texts), tuple(texts), text_of, np.concatenate([none, *starts])
    )


def _matching(pattern: str) -> Iterator[str]:
    walked: set[Path] = set()
    ignored = Ignored()
    is_empty = True
    found = glob.iglob(pattern, recursive=True)  # noqa: PTH207  Path.glob: relative only
    for match in sorted(found):
        path = Path(match)
        if not walked.isdisjoint(path.parents):
            continue  # "photos/**" matches photos/ and, once more, all that is in it
        names: Iterable[str] = [str(path)] if is_photo_name(match) else []
        if path.is_dir():
            walked.add(path)
            names = _images_in(path, ignored)
        elif not names:
            note_ignored(ignored, b"", [os.fsencode(path)])
        for name in names:
            is_empty = False
            yield name
    if is_empty:
        advice = " Check it, and put it in quotes if the shell changes it."
        raise DataError(
            f"The pattern {pattern} matches no images."
            f"{ignored.said_of_unread() or advice}"
        )


def _images_in(folder: Path, ignored: Ignored) -> Iterator[str]:
    """All images in a folder and below, if any."""
    names = PackedNames.from_folders(walk_images(folder, [b""], ignored))
    yield from (str(folder / name) for name in names)
