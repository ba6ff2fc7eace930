"""Decoded photos on disk, found by the content they were decoded from.

Decoding a JPEG costs several times as much as varying it. So the first epoch writes
what it has decoded, and later epochs, fits and runs read it from a memory map.

A store is a folder of parts. A part is a pair of files: ``part-X.pixels``, the photos
one behind the other, and ``part-X.npy``, a table that says where each of them begins.
The table appears last, in one move, and photos that another process has written are
checked against its checksums when they are first read: what a kill or a power cut has
torn is decoded anew.
"""

import os
import secrets
import shutil
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeAlias, final

import numpy as np
from jaxtyping import Int64, Shaped, UInt8

from unfreeze.atomic import written_whole

__all__ = ["PixelShelf", "PixelStore", "StoredPixels"]

Decode: TypeAlias = Callable[[], UInt8[np.ndarray, "H W 3"]]

_ENTRY = np.dtype(
    [
        ("id", "<u8", (2,)),  # content hash of the file
        ("offset", "<i8"),
        ("height", "<u4"),
        ("width", "<u4"),
        ("checksum", "<u4"),  # CRC-32 of the pixels
    ]
)
"""Where one photo is."""

_SAVE_EVERY_SECONDS = 60.0
_SHARE_OF_DISK = 0.25
"""Of the space that is free or ours: a cache must not fill the disk of its user."""


@final
class PixelShelf:
    """The stores of one data set, which share a budget.

    When it is used up, stores that nobody has opened since this shelf was made go
    first, the ones that were used longest ago before others. After that, further
    photos are decoded in every epoch.

    Args:
        folder: Where stores live, made when the first photo is kept.
        most_bytes: Budget on the disk. No more than a quarter of its free space is
            used, whatever this says.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._used = _size_of(folder)
        self._limit: int | None = None
        self._stores: dict[str, PixelStore] = {}
        self._lock = threading.Lock()

    def store(self, name: str) -> "PixelStore":
        """The store of this name; photos that were prepared in one way go to one."""
        if name not in self._stores:
            self._stores[name] = PixelStore(self._folder / name, self._take)
        return self._stores[name]

    def _take(self, num_bytes: int) -> bool:
        """Claim room for one more photo, if there is any."""
        with self._lock:
            if self._limit is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._limit = min(self._most_bytes, self._share_of_disk())
            while self._used + num_bytes > self._limit:
                if not self._drop_oldest():
                    return False
            self._used += num_bytes
            return True

    def _share_of_disk(self) -> int:
        free = shutil.disk_usage(self._folder).free
        return int(_SHARE_OF_DISK * (free + self._used))

    def _drop_oldest(self) -> bool:
        folders = [each for each in self._folder.iterdir() if each.is_dir()]
        others = [each for each in folders if each.name not in self._stores]
        if not others:
            return False
        oldest = min(others, key=lambda each: each.stat().st_mtime)
        self._used -= _size_of(oldest)
        shutil.rmtree(oldest, ignore_errors=True)
        return True


@final
class PixelStore:
    """The decoded photos of one folder.

    Args:
        folder: Made when the first photo is kept.
        take: Claims room on the disk, given a number of bytes; False if there is none.
    """

    def __init__(self, folder: Path, take: Callable[[int], bool]) -> None:
        self._folder = folder
        self._take = take
        self._maps: list[np.ndarray] = []
        self._entries = np.empty(0, dtype=_ENTRY)
        self._part_of = np.empty(0, dtype=np.int64)
        self._is_checked = np.empty(0, dtype=bool)
        self._lock = threading.Lock()
        self._part: _OpenPart | None = None
        self._is_full = False
        self.version = 0
        """Counts how often photos were added for good."""
        if folder.is_dir():
            os.utime(folder)  # the one used longest ago is dropped first
            tables = sorted(folder.glob("part-*.npy"), key=_age)
            for table in tables:
                self._open(table, is_ours=False)

    def __len__(self) -> int:
        """Photos that can be read."""
        return len(self._entries)

    def find(self, ids: UInt8[np.ndarray, "N 16"]) -> Int64[np.ndarray, " N"]:
        """Place of every photo in this store, -1 where it is missing.

        Of two with the same content, the later one: the other may be torn.
        """
        wanted, known = _as_pairs(ids), self._entries["id"]
        if not len(known):
            return np.full(len(wanted), -1)
        order = np.argsort(known[:, 0], kind="stable")
        after = np.searchsorted(known[:, 0], wanted[:, 0], side="right", sorter=order)
        place = order[np.maximum(after - 1, 0)]
        return np.where((known[place] == wanted).all(axis=1), place, -1)

    def read(self, place: int) -> UInt8[np.ndarray, "H W 3"] | None:
        """The photo at a place that ``find`` gave; None where it is torn.

        The array is a view of the memory map, and cannot be written to.
        """
        _, offset, height, width, checksum = self._entries[place].tolist()
        whole = self._maps[self._part_of[place]]
        flat = whole[offset : offset + height * width * 3]
        if not self._is_checked[place]:
            if zlib.crc32(flat) != checksum:
                return None
            self._is_checked[place] = True
        return flat.reshape(height, width, 3)

    def add(
        self, identity: UInt8[np.ndarray, " 16"], pixels: UInt8[np.ndarray, "H W 3"]
    ) -> None:
        """Keep a photo, if there is room. It can be read after the next ``save``.

        Called from several threads at once.
        """
        if self._is_full:
            return
        checksum = zlib.crc32(np.ascontiguousarray(pixels).data)
        with self._lock:
            if self._is_full or not self._take(pixels.nbytes):
                self._is_full = True
                return
            try:
                if self._part is None:
                    self._part = _OpenPart(self._folder)
                self._part.append(identity, pixels, checksum)
            except OSError:  # the disk is full, or gone: no reason to stop training
                self._is_full = True

    def save(self, *, only_if_late: bool = False) -> None:
        """Make the photos added so far readable, here and for other runs.

        Args:
            only_if_late: Do nothing if that was done within the last minute.
        """
        with self._lock:
            part = self._part
            if part is None or (only_if_late and not part.is_late):
                return
            self._part = None
        try:
            table = part.finish()
        except OSError:
            self._is_full = True
            return
        self._open(table, is_ours=True)

    def _open(self, table: Path, *, is_ours: bool) -> None:
        """Take in a part, or ignore it when it is not what its table says."""
        try:
            entries = np.load(table, allow_pickle=False)
            pixels = np.memmap(table.with_suffix(".pixels"), np.uint8, mode="r")
        except Exception:  # numpy raises anything at damaged bytes
            return
        if entries.dtype != _ENTRY or entries.ndim != 1:
            return
        sizes = entries["height"].astype(np.int64) * entries["width"] * 3
        is_inside = (entries["offset"] >= 0) & (
            entries["offset"] + sizes <= len(pixels)
        )
        entries = entries[is_inside]
        part = np.full(len(entries), len(self._maps))
        self._maps.append(np.asarray(pixels))  # plain: slices of a memmap are slow
        self._entries = np.concatenate([self._entries, entries])
        self._part_of = np.concatenate([self._part_of, part])
        is_checked = np.full(len(entries), is_ours)
        self._is_checked = np.concatenate([self._is_checked, is_checked])
        self.version += 1


@final
class StoredPixels:
    """The photos of one split in a store: row ``i`` belongs to ``ids[i]``."""

    def __init__(self, store: PixelStore, ids: UInt8[np.ndarray, "N 16"]) -> None:
        self._store = store
        self._ids = ids
        self._version = -1
        self._places = np.full(len(ids), -1)
        self._is_added = np.zeros(len(ids), dtype=bool)

    def begin(self) -> None:
        """Look up what the store has by now. Call before a pass over the rows."""
        if self._version != self._store.version:
            self._version = self._store.version
            self._places = self._store.find(self._ids)

    def read(self, row: int, decode: Decode) -> UInt8[np.ndarray, "H W 3"]:
        """The photo of one row: from the store, else decoded and kept."""
        place = int(self._places[row])
        pixels = self._store.read(place) if place >= 0 else None
        if pixels is None:
            pixels = decode()
            if not self._is_added[row]:  # some rows come several times in an epoch
                self._is_added[row] = True
                self._store.add(self._ids[row], pixels)
        return pixels

    def save(self, *, only_if_late: bool = False) -> None:
        """Make what was decoded so far readable for later passes."""
        self._store.save(only_if_late=only_if_late)


@final
class _OpenPart:
    """A part that is being written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"part-{secrets.token_hex(6)}.pixels"
        self._stream: IO[bytes] = self._path.open("xb", buffering=0)
        self._entries: list[np.ndarray] = []
        self._end = 0
        self._began = time.monotonic()

    @property
    def is_late(self) -> bool:
        """Whether it is time to finish."""
        return time.monotonic() - self._began > _SAVE_EVERY_SECONDS

    def append(
        self,
        identity: UInt8[np.ndarray, " 16"],
        pixels: UInt8[np.ndarray, "H W 3"],
        checksum: int,
    ) -> None:
        entry = np.zeros((), dtype=_ENTRY)
        entry["id"] = _as_pairs(identity[None])[0]
        entry["offset"] = self._end
        entry["height"], entry["width"] = pixels.shape[:2]
        entry["checksum"] = checksum
        written = self._stream.write(np.ascontiguousarray(pixels).data)
        if written != pixels.nbytes:
            raise OSError(f"{written} of {pixels.nbytes} bytes were written.")
        self._end += written
        self._entries.append(entry)

    def finish(self) -> Path:
        """Write the table of all photos that are complete, and return its path."""
        self._stream.close()
        table = self._path.with_suffix(".npy")
        with written_whole(table) as stream:
            np.save(stream, np.array(self._entries, dtype=_ENTRY))
        return table


def _as_pairs(ids: UInt8[np.ndarray, "N 16"]) -> Shaped[np.ndarray, "N 2"]:
    return np.ascontiguousarray(ids).view("<u8").reshape(-1, 2)


def _size_of(folder: Path) -> int:
    """Bytes in the files at and below a folder, 0 where there is none."""
    if not folder.is_dir():
        return 0
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns
