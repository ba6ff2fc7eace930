"""Find the images that cannot be read, before training begins."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int, Int64, Shaped, UInt8

from unfreeze.data.decode import probe, read_file
from unfreeze.data.index import ImageIndex
from unfreeze.data.ledger import (
    ENTRY,
    Ledger,
    name_keys,
    read_ledger,
    write_ledger,
)
from unfreeze.data.looks import LOOK, as_look
from unfreeze.data.threads import map_in_order
from unfreeze.errors import DataError, ImageError
from unfreeze.records import Skipped

__all__ = ["Screening", "screen"]

_SETTLED_NS = 2_000_000_000
"""A file changed within the last two seconds could change again without getting
another time: clocks of file systems tick as slowly as that (FAT)."""

_SAVE_EVERY_SECONDS = 30.0
_STAMPS_AT_ONCE = 1024
_AHEAD_PER_WORKER = 4


@dataclass(frozen=True, slots=True, eq=False)
class Screening:
    """Which images of an index can be used."""

    index: ImageIndex
    """The readable rows, in their old order."""

    digests: UInt8[np.ndarray, "N 16"]
    """Hash of the content of each of them; equal for equal files."""

    skipped: tuple[Skipped, ...]
    """The other rows, with the reason."""

    looks: Shaped[np.ndarray, " N"]
    """How each readable image looks, as ``LOOK`` describes it; zeros, which are like
    nothing, for pixels that never were files."""

    @property
    def hashes(self) -> UInt8[np.ndarray, "N 32"]:
        """Perceptual hash of each readable image."""
        return self.looks["hash"]

    def take(self, rows: Int[np.ndarray, " M"]) -> "Screening":
        """Keep ``rows`` of the readable images, in that order."""
        return replace(
            self,
            index=self.index.take(rows),
            digests=self.digests[rows],
            looks=self.looks[rows],
        )


def screen(
    index: ImageIndex,
    ledger: Path | None,
    *,
    num_workers: int,
    on_progress: Callable[[int, int], None] | None = None,
    may_be_empty: bool = False,
) -> Screening:
    """Decode every image once, and remember the verdict until its file changes.

    Args:
        index: What to look at. Pixels that never were files are only hashed.
        ledger: File that remembers verdicts, made where it is missing. One serves all
            splits of a data set. None remembers nothing, and writes nothing.
        num_workers: Threads; 0 works in this one.
        on_progress: Called with the number of images done and the number of images.
        may_be_empty: Whether it is fine that no image can be read.

    Raises:
        DataError: If no image can be read and that is not fine, or the ledger cannot
            be written.
    """
    if isinstance(index.sources, np.ndarray):
        looks = np.zeros(len(index), dtype=LOOK)
        return Screening(index, _array_digests(index.sources), (), looks)
    inspection = _Inspection(index, ledger)
    inspection.recall(num_workers)
    try:
        for count in inspection.inspect(num_workers):
            if on_progress is not None:
                on_progress(count, len(index))
    finally:
        inspection.save()
    return inspection.outcome(may_be_empty)


class _Inspection:
    """Verdicts on all rows of an index, some remembered, the others found now."""

    def __init__(self, index: ImageIndex, ledger: Path | None) -> None:
        self._index = index
        self._path = ledger
        self._known = Ledger.empty() if ledger is None else _prepared(ledger)
        self._reasons = list(self._known.reasons)
        self._entries = np.zeros(len(index), dtype=ENTRY)
        self._entries["reason"] = -1
        self._is_settled = np.zeros(len(index), dtype=bool)
        self._is_fresh = np.zeros(len(index), dtype=bool)
        self._unknown = np.arange(len(index))
        self._saved_at = time.monotonic()

    def recall(self, num_workers: int) -> None:
        """Take over the verdicts on files that have not changed."""
        if self._path is None:
            return
        latest = time.time_ns() - _SETTLED_NS
        stamps = _stamps(self._index, num_workers)
        names = name_keys(self._index.names, _prefix(self._index.root, self._path))
        found = self._known.find(names, stamps)
        is_known = found >= 0
        self._entries[is_known] = self._known.entries[found[is_known]]
        self._entries["name"] = names
        self._entries["stamp"] = stamps
        self._is_settled = (stamps[:, 0] >= 0) & (stamps[:, 1:3] <= latest).all(axis=1)
        self._unknown = np.flatnonzero(~is_known)

    def inspect(self, num_workers: int) -> Iterator[int]:
        """Look at all other files, yielding how many rows have a verdict so far."""
        done = len(self._index) - len(self._unknown)
        yield done
        sources = (self._index.sources[row] for row in self._unknown.tolist())
        verdicts = map_in_order(
            _examine,
            sources,
            num_workers=num_workers,
            ahead=_AHEAD_PER_WORKER * num_workers,
        )
        with closing(verdicts):
            for row, verdict in zip(self._unknown.tolist(), verdicts, strict=True):
                self._note(row, verdict)
                done += 1
                yield done

    def save(self) -> None:
        """Add the verdicts that hold until a file changes to the ledger."""
        self._saved_at = time.monotonic()
        fresh = self._entries[self._is_fresh & self._is_settled]
        if self._path is None or not len(fresh):
            return
        updated = self._known.updated(fresh, tuple(self._reasons))
        try:
            write_ledger(self._path, updated)
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def outcome(self, may_be_empty: bool) -> Screening:
        """Part the readable rows from the others."""
        reasons = self._entries["reason"]
        bad = np.flatnonzero(reasons >= 0)
        skipped = tuple(
            Skipped(self._index.name(row), self._reasons[reasons[row]])
            for row in bad.tolist()
        )
        if len(skipped) == len(self._index) and skipped and not may_be_empty:
            raise DataError(
                f"None of the {len(skipped)} images in {self._index.root} can be read. "
                f"The first is {skipped[0].file!r}: {skipped[0].reason}"
            )
        good = np.flatnonzero(reasons < 0)
        index = self._index.take(good) if skipped else self._index
        entries = self._entries[good]
        return Screening(index, entries["digest"], skipped, entries["look"])

    def _note(self, row: int, verdict: "_Verdict") -> None:
        entry = self._entries[row]
        self._is_fresh[row] = verdict.digest is not None
        if verdict.digest is not None:
            entry["digest"] = np.frombuffer(verdict.digest, dtype=np.uint8)
        if verdict.look is not None:
            entry["look"] = verdict.look
        if verdict.reason is not None:
            entry["reason"] = len(self._reasons)
            self._reasons.append(verdict.reason)
        if time.monotonic() - self._saved_at > _SAVE_EVERY_SECONDS:
            self.save()


@dataclass(frozen=True, slots=True)
class _Verdict:
    digest: bytes | None
    """Hash of the content; None where it could not even be read."""

    reason: str | None = None
    look: Shaped[np.ndarray, ""] | None = None


def _examine(path: Path) -> _Verdict:
    digest = None
    try:
        content = read_file(path)
        digest = hashlib.blake2b(content, digest_size=16).digest()
        return _Verdict(digest, look=as_look(probe(content)))
    except ImageError as error:
        return _Verdict(digest, str(error))


def _array_digests(
    pixels: UInt8[np.ndarray, "N H W 3"],
) -> UInt8[np.ndarray, "N 16"]:
    hashes = (hashlib.blake2b(image.tobytes(), digest_size=16) for image in pixels)
    packed = b"".join(each.digest() for each in hashes)
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, 16)


def _stamps(index: ImageIndex, num_workers: int) -> Int64[np.ndarray, "N 4"]:
    """Ask the file system for what changes whenever a file does."""

    def stamps_from(start: int) -> Int[np.ndarray, "M 4"]:
        stop = min(start + _STAMPS_AT_ONCE, len(index))
        stamps = [_stamp(index.sources[row]) for row in range(start, stop)]
        return np.array(stamps, dtype=np.int64)

    starts = range(0, len(index), _STAMPS_AT_ONCE)
    parts = map_in_order(
        stamps_from, starts, num_workers=num_workers, ahead=num_workers
    )
    with closing(parts):
        return np.concatenate([np.empty((0, 4), dtype=np.int64), *parts])


def _stamp(path: Path) -> tuple[int, int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return -1, 0, 0, 0
    inode = status.st_ino & (2**63 - 1)  # some file systems use the last bit
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, inode


def _prefix(root: Path, ledger: Path) -> str:
    """Tell the splits of a data set apart, wherever the data set is moved to."""
    try:
        return os.path.relpath(root.absolute(), ledger.parent.absolute())
    except ValueError:  # on Windows: two different drives
        return str(root.absolute())


def _prepared(ledger: Path) -> Ledger:
    """Read the ledger, and make sure that its folder exists before hours of work."""
    try:
        ledger.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(ledger, error) from error
    return read_ledger(ledger)


def _unwritable(ledger: Path, error: OSError) -> DataError:
    return DataError(
        f"{ledger} cannot be written: {error.strerror}. Make its folder writable to "
        "you, and see that the disk has room."
    )
