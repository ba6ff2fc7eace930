"""Millions of file names in little memory.

A Python string costs about 90 bytes and a Path several hundred. Packed, a name
costs its own bytes plus 20, and becomes a string or a Path when it is asked for.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import final, overload

import numpy as np
from jaxtyping import Int, Int32, Int64
from typing_extensions import override

__all__ = ["PackedNames", "PackedPaths"]

_END = b"\0"  # the one byte, besides the slash, that no file name can hold


@final
class PackedNames(Sequence[str]):
    """Relative file names with forward slashes, in a fixed order.

    Bytes that are not valid text survive: ``os.fsencode`` of a name gives back
    exactly what the file system holds.
    """

    __slots__ = ("_blob", "_starts", "_stops", "folder_of", "folders")

    def __init__(
        self,
        blob: bytes,
        starts: Int64[np.ndarray, " N"],
        stops: Int64[np.ndarray, " N"],
        folders: tuple[bytes, ...],
        folder_of: Int32[np.ndarray, " N"],
    ) -> None:
        self._blob = blob
        self._starts = starts
        self._stops = stops
        self.folders = folders
        self.folder_of = folder_of

    @classmethod
    def from_folders(
        cls, folders: Iterable[tuple[bytes, Sequence[bytes]]]
    ) -> "PackedNames":
        """Pack the names found in each folder, keeping their order.

        Args:
            folders: Pairs of a folder, relative and with forward slashes (empty for
                the root itself), and the names of the files in it.
        """
        titles: list[bytes] = []
        counts: list[int] = []
        blob = bytearray()
        for folder, names in folders:
            if names:
                titles.append(folder)
                counts.append(len(names))
                blob += _END.join(names) + _END
        stops = np.flatnonzero(np.frombuffer(blob, dtype=np.uint8) == _END[0])
        starts = np.concatenate([[0], stops + 1])[: len(stops)]
        folder_of = np.repeat(np.arange(len(titles), dtype=np.int32), counts)
        return cls(bytes(blob), starts, stops, tuple(titles), folder_of)

    @classmethod
    def from_names(cls, names: Iterable[str]) -> "PackedNames":
        """Pack names that already stand in their final order."""
        return cls.from_folders([(b"", [os.fsencode(name) for name in names])])

    def take(self, rows: Int[np.ndarray, " M"]) -> "PackedNames":
        """Keep the names of ``rows``, in that order; the text itself is shared."""
        return PackedNames(
            self._blob,
            self._starts[rows],
            self._stops[rows],
            self.folders,
            self.folder_of[rows],
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
        name = self._blob[self._starts[row] : self._stops[row]]
        folder = self.folders[self.folder_of[row]]
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
