"""Rows of numbers on disk, found by the content they were computed from.

A store is a folder of segments that are written once and never changed. A segment has
three files: ``part-X.npy`` (the rows), ``part-X.ids.npy`` (16 bytes of content hash
per row) and ``part-X.json`` (shape, and checksums of the other two). The last one
appears last, in one move; a segment without it does not exist. So a kill at any moment
loses the rows of the segment that was being written and nothing else, and two processes
can fill the same store at once.
"""

import hashlib
import json
import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from unfreeze.atomic import written_whole
from unfreeze.written_json import exact_json_text

__all__ = ["FeatureStore", "StoredRows", "store_folder"]

_BYTES_AT_ONCE = 1024**2

_LARGEST_IN_MEMORY = 2 * 1024**3
"""Bytes of one split, in all of its views, that are held in memory; larger splits are
read from the map."""


def store_folder(parent: Path, name: str, key: Mapping[str, object]) -> Path:
    """Name the folder of all rows that were computed the way ``key`` says.

    Args:
        parent: Where stores live.
        name: For people: shows architecture, cut and size.
        key: Everything besides the image that the rows depend on.
    """
    text = exact_json_text(key, sort_keys=True)
    return (
        parent / f"{name}_{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"
    )


@final
class FeatureStore:
    """The rows of one folder.

    Args:
        folder: From ``store_folder``. Made when the first rows arrive. None keeps the
            rows in memory alone.
        key: Written beside the rows, for people and for later checks.
    """

    def __init__(self, folder: Path | None, key: Mapping[str, object]) -> None:
        self._folder = folder
        self._key = key
        self._segments: list[np.ndarray] = []
        self._place: dict[bytes, tuple[int, int]] = {}
        if folder is not None:
            for manifest in sorted(folder.glob("part-*.json")):
                self._open(manifest)

    def __len__(self) -> int:
        """Distinct images whose rows are at hand."""
        return len(self._place)

    def missing(self, ids: UInt8[np.ndarray, "N 16"]) -> Int64[np.ndarray, " M"]:
        """First place in ``ids`` of each image whose row is not at hand."""
        first: dict[bytes, int] = {}
        for i, each in enumerate(_as_bytes(ids)):
            if each not in self._place:
                first.setdefault(each, i)
        return np.fromiter(first.values(), dtype=np.int64, count=len(first))

    def append(
        self, ids: UInt8[np.ndarray, "M 16"], rows: Float32[np.ndarray, "M ..."]
    ) -> None:
        """Add rows for good: once this returns, a kill cannot take them back."""
        if self._folder is not None:
            written = _write_segment(self._folder, self._key, ids, rows)
            rows = np.load(written, mmap_mode="r")
        self._register(rows, ids)

    def read(
        self, ids: UInt8[np.ndarray, "N 16"], *, num_views: int = 1
    ) -> "StoredRows | np.ndarray":
        """Rows in the order of ``ids``, all of which must be at hand.

        Args:
            ids: Content hash of each image.
            num_views: As many reads share the memory that one split may take.
        """
        places = [self._place[each] for each in _as_bytes(ids)]
        table = np.array(places, dtype=np.int64).reshape(-1, 2)
        stored = StoredRows(self._segments, table)
        if num_views * stored.nbytes <= _LARGEST_IN_MEMORY:
            return stored[np.arange(len(stored))]
        return stored

    def _open(self, manifest: Path) -> None:
        """Take in a segment, or ignore it when anything about it is torn."""
        rows, ids = _files_of(manifest)
        try:
            promised = json.loads(manifest.read_text(encoding="utf-8"))
            promises = promised["ids_checksum"], promised["rows_checksum"]
            checksums = _checksum(ids), _checksum(rows)
        except (OSError, ValueError, KeyError, TypeError):
            return
        if promises == checksums:
            self._register(np.load(rows, mmap_mode="r"), np.load(ids))

    def _register(self, rows: np.ndarray, ids: np.ndarray) -> None:
        self._segments.append(rows)
        segment = len(self._segments) - 1
        for i, each in enumerate(_as_bytes(ids)):
            self._place[each] = (segment, i)


@final
class StoredRows:
    """Rows spread over memory-mapped segments, read by row numbers."""

    def __init__(
        self, segments: Sequence[np.ndarray], places: Int64[np.ndarray, "N 2"]
    ) -> None:
        self._segments = segments
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @property
    def nbytes(self) -> int:
        """Size of all rows together, in bytes."""
        if not len(self):
            return 0
        first = self._segments[self._places[0, 0]]
        return len(self) * int(np.prod(first.shape[1:])) * first.itemsize

    def __getitem__(self, rows: np.ndarray, /) -> np.ndarray:
        places = self._places[rows]
        shape = self._segments[places[0, 0]].shape[1:] if len(places) else ()
        found = np.empty((len(places), *shape), dtype=np.float32)
        for segment in np.unique(places[:, 0]):
            here = places[:, 0] == segment
            found[here] = self._segments[segment][places[here, 1]]
        return found


def _write_segment(
    folder: Path, key: Mapping[str, object], ids: np.ndarray, rows: np.ndarray
) -> Path:
    """Write the three files of a segment; return that of the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    meta = folder / "meta.json"
    if not meta.exists():
        _save_json(meta, key)
    manifest = folder / f"part-{secrets.token_hex(6)}.json"
    rows_file, ids_file = _files_of(manifest)
    _save(rows_file, rows)
    _save(ids_file, ids)
    content = {
        "shape": list(rows.shape),
        "rows_checksum": _checksum(rows_file),
        "ids_checksum": _checksum(ids_file),
    }
    _save_json(manifest, content)
    return rows_file


def _files_of(manifest: Path) -> tuple[Path, Path]:
    """Where the rows and the ids of a segment are."""
    return manifest.with_suffix(".npy"), manifest.with_suffix(".ids.npy")


class _Sink(NamedTuple):
    """What takes bytes, and is no file."""

    write: Callable[[bytes], object]


def _save_json(target: Path, content: Mapping[str, object]) -> None:
    with written_whole(target) as stream:
        text = exact_json_text(content, indent=1, sort_keys=True)
        stream.write(text.encode())


def _save(target: Path, array: np.ndarray) -> None:
    with written_whole(target) as stream:
        # Not to the file itself: numpy does not say of a full disk that it is full.
        np.save(_Sink(stream.write), np.ascontiguousarray(array))


def _checksum(file: Path) -> int:
    """CRC-32 of a whole file, so that nothing is parsed before it is known whole."""
    checksum = 0
    with file.open("rb") as stream:
        while piece := stream.read(_BYTES_AT_ONCE):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _as_bytes(ids: UInt8[np.ndarray, "N 16"]) -> list[bytes]:
    whole = np.ascontiguousarray(ids).tobytes()
    return [whole[i : i + 16] for i in range(0, len(whole), 16)]
