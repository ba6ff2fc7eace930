"""Photos that people send for labelling, kept in a folder that training can read."""

import errno
import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import final

from fastapi import HTTPException

from unfreeze.atomic import written_whole
from unfreeze.data.decode import probe
from unfreeze.errors import PlanError

__all__ = ["Collection"]

_UNLABELLED = ".unlabelled"
"""Hidden, so that training passes over it."""

_LONGEST_NAME = 255
"""Bytes that file systems take for the name of a folder."""

_SUFFIXES = {
    "AVIF": ".avif",
    "BMP": ".bmp",
    "GIF": ".gif",
    "JPEG": ".jpg",
    "JPEG2000": ".jp2",
    "PNG": ".png",
    "PPM": ".ppm",
    "QOI": ".qoi",
    "TIFF": ".tif",
    "WEBP": ".webp",
}


@final
class Collection:
    """A folder per class, and a hidden one for photos whose class nobody knew.

    Photos are named by the hash of their content; a client names nothing. The last
    label that was given to a photo counts. Safe in threads.

    Args:
        root: Made if it is missing.
        classes: Of the model.
        most_bytes: Of all files in these folders together; others below ``root``, such
            as what training stores there, are none of ours.

    Raises:
        PlanError: If the folder cannot be made or written to.
    """

    def __init__(self, root: Path, classes: Sequence[str], most_bytes: int) -> None:
        self._root = root
        self._classes = tuple(classes)
        self._folders = (_UNLABELLED, *filter(_can_name_a_folder, classes))
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        try:
            (root / _UNLABELLED).mkdir(parents=True, exist_ok=True)
            for each in (root, root / _UNLABELLED):
                _require_open(each)
        except OSError as error:
            raise PlanError(
                f"Photos cannot be collected in {root}: {error.strerror}. Pass another "
                "folder to --collect."
            ) from error
        self._bytes = sum(
            _size_of(each)
            for folder in self._distinct_folders()
            for each in folder.rglob("*")
            if each.is_file()
        )

    def folder_of(self, label: str) -> str:
        """Name of the folder for a label; the empty one stands for "I do not know".

        Raises:
            HTTPException: 422 if it is no class of the model, or cannot name a folder.
        """
        if not label:
            return _UNLABELLED
        if label not in self._classes:
            raise HTTPException(
                422, f"There is no class {label[:80]!r}. Send one that /model lists."
            )
        if not _can_name_a_folder(label):
            raise HTTPException(
                422,
                f"The class {label!r} cannot name a folder, so its photos cannot be "
                "collected. Send them without a label.",
            )
        return label

    def save(self, content: bytes, folder: str) -> str:
        """Keep a photo.

        Args:
            content: Of a file, checked to be an image to its end.
            folder: As :meth:`folder_of` returned it.

        Returns:
            Its path below the root, with forward slashes. One that has a label keeps it
            where it comes again without one.

        Raises:
            HTTPException: 413 if the collection is full.
            ImageError: If this is no image.
        """
        suffix = _SUFFIXES[probe(content).file_format]
        name = hashlib.sha256(content).hexdigest() + suffix
        with self._lock:
            copies = self._copies(name)
            labelled = [each for each in copies if each.parent.name != _UNLABELLED]
            if folder == _UNLABELLED and labelled:
                folder = labelled[0].parent.name
            target = self._root / folder / name
            earlier = [each for each in copies if each != target]
            if not target.exists():
                self._require_room(len(content) - sum(map(_size_of, earlier)))
                target.parent.mkdir(exist_ok=True)
                with written_whole(target) as stream:
                    stream.write(content)
                self._bytes += len(content)
            self._take_back(earlier, target)
        return f"{folder}/{name}"

    def _distinct_folders(self) -> list[Path]:
        """Those that are there; on some disks, Cats and cats are one."""
        found: list[Path] = []
        for each in (self._root / name for name in self._folders):
            if each.is_dir() and not any(map(each.samefile, found)):
                found.append(each)
        return found

    def _copies(self, name: str) -> list[Path]:
        """Under whatever label the photo has been saved."""
        places = [self._root / folder / name for folder in self._folders]
        return [each for each in places if each.is_file()]

    def _take_back(self, earlier: Sequence[Path], target: Path) -> None:
        """Forget the labels that the photo had before; the last one is written."""
        for each in earlier:
            # Where names of classes differ in case alone, their folder may be one.
            if not each.samefile(target):
                self._bytes -= _size_of(each)
                each.unlink()

    def _require_room(self, growth: int) -> None:
        if growth > 0 and self._bytes + growth > self._most_bytes:
            raise HTTPException(
                413,
                f"The photo has {growth:,} bytes, and there is no room for them: "
                f"collected photos have {self._bytes:,} of {self._most_bytes:,} bytes. "
                "Start the server with a higher --collect-limit.",
            )


def _can_name_a_folder(label: str) -> bool:
    is_short = len(label.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME
    is_plain = not any(each in label for each in '/\\:\0"*?<>|')
    return is_short and is_plain and not label.startswith(".")


def _require_open(folder: Path) -> None:
    """Refuse a folder that is there already and takes no files."""
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _size_of(file: Path) -> int:
    return file.stat().st_size
