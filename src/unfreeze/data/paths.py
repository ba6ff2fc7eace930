"""Millions of file names in little memory.

A Python string costs about 90 bytes and a Path several hundred. Packed, a name
costs its own bytes plus 13, and becomes a string or a Path when it is asked for.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import final, overload

import numpy as np
from jaxtyping import Int, Int32, Int64
from typing_extensions import override

from unfreeze.data.names import END, joined, name_starts, sorted_starts

__all__ = ["PackedNames", "PackedPaths", "is_below"]


@final
class PackedNames(Sequence[str]):
    """Relative file names with forward slashes, in a fixed order.

    Bytes that are not valid text survive: ``os.fsencode`` of a name gives back
    exactly what the file system holds.
    """

    __slots__ = ("_starts", "_texts", "folder_of", "folders")

    def __init__(
        self,
        folders: tuple[bytes, ...],
        texts: tuple[bytes, ...],
        folder_of: Int32[np.ndarray, " N"],
        starts: Int64[np.ndarray, " N"],
    ) -> None:
        self.folders = folders
        self._texts = texts
        self.folder_of = folder_of
        self._starts = starts

    @classmethod
    def from_folders(cls, folders: Iterable[tuple[bytes, bytes]]) -> "PackedNames":
        """Pack the names found in each folder, sorted within it byte by byte.

        Args:
            folders: Pairs of a folder, relative and with forward slashes (empty for
                the root itself), and the joined names of the files in it.
        """
        found = [(folder, text) for folder, text in folders if text]
        texts = tuple(text for _, text in found)
        starts, counts = sorted_starts(texts)
        folder_of = np.repeat(np.arange(len(found), dtype=np.int32), counts)
        return cls(tuple(folder for folder, _ in found), texts, folder_of, starts)

    @classmethod
    def from_names(cls, names: Iterable[str]) -> "PackedNames":
        """Pack names that already stand in their final order."""
        text = joined(list(names))
        starts = name_starts(text)
        return cls((b"",), (text,), np.zeros(len(starts), dtype=np.int32), starts)

    def take(self, rows: Int[np.ndarray, " M"]) -> "PackedNames":
        """Keep the names of ``rows``, in that order; the text itself is shared."""
        return PackedNames(
            self.folders, self._texts, self.folder_of[rows], self._starts[rows]
        )

    @override
    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> "PackedNames": ...
    @override
    def __getitem__(self, row: int | slice) -> "str | PackedNames":
        if isinstance(row, slice):
            return self.take(np.arange(len(self))[row])
        at, start = self.folder_of.item(row), self._starts.item(row)
        text, folder = self._texts[at], self.folders[at]
        name = text[start : text.index(END, start)]
        return os.fsdecode(folder + b"/" + name if folder else name)


@final
class PackedPaths(Sequence[Path]):
    """Paths of files under one root, in a fixed order."""

    __slots__ = ("names", "root")

    def __init__(self, root: Path, names: PackedNames) -> None:
        self.root = root
        self.names = names

    def take(self, rows: Int[np.ndarray, " M"]) -> "PackedPaths":
        """Keep the paths of ``rows``, in that order."""
        return PackedPaths(self.root, self.names.take(rows))

    @override
    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, row: int) -> Path: ...
    @overload
    def __getitem__(self, row: slice) -> "PackedPaths": ...
    @override
    def __getitem__(self, row: int | slice) -> "Path | PackedPaths":
        if isinstance(row, slice):
            return PackedPaths(self.root, self.names[row])
        return self.root / self.names[row]


def is_below(name: str) -> bool:
    """Whether a name, with forward slashes, stays below the folder it is joined to.

    Files that anybody may have written, such as tables of a run, can hold others.

    Example:
        >>> is_below("cats/1.jpg"), is_below("../1.jpg"), is_below("/etc/passwd")
        (True, False, False)
    """
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
