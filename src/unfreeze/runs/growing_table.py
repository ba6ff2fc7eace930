"""A table that grows while photos are answered, and goes on after it was stopped.

It grows in a hidden neighbour, whose name carries a digest of everything that its rows
depend on, and takes its own name when it is whole. Going on means: the rows that stand
there are compared with the photos they should be about, whatever follows the last whole
block is cut off, and the next block is appended. So the file ends up the same, byte for
byte, as one that was written in one go.

Rows grow in the order of the photos. Where a table wants them in another, they are put
into it at the end, when all are there.
"""

import csv
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, final

import numpy as np
from jaxtyping import Float, Int64
from typing_extensions import override

from unfreeze.atomic import full_disk_named, written_whole
from unfreeze.errors import PlanError
from unfreeze.runs.blocks import BLOCK, Block
from unfreeze.runs.locks import lock

__all__ = ["MOST_NAME", "Columns", "GrowingTable"]

MOST_NAME = 231
"""Bytes of the name of a table; file systems take 255, and a hidden neighbour has up to
24 more."""


class Columns(Protocol):
    """What stands in a table."""

    @property
    def titles(self) -> list[str]:
        """Of the columns, in their order."""

    def begin(self, name: str) -> str:
        """First cell of the row of a photo."""

    def cells(
        self, name: str, probs: Float[np.ndarray, " K"], error: str | None
    ) -> list[str]:
        """The row of a photo."""


@final
class GrowingTable:
    """A CSV file with one row for each photo of a list.

    Args:
        target: Its name once it is whole.
        columns: What stands in it.
        digest: Of the photos, the model and whatever else decides on the answers.
        order: Which photo each row of the whole table is about; None as they stand.

    Raises:
        PlanError: If another command is writing the same.
    """

    def __init__(
        self,
        target: Path,
        columns: Columns,
        digest: str,
        order: Int64[np.ndarray, " N"] | None = None,
    ) -> None:
        self.target = target
        self.part = target.with_name(f".{target.name}.{digest}.part")
        self._columns = columns
        self._digest = digest
        self._order = order
        self._stream = _locked(self.part, target)

    @property
    def leftovers(self) -> list[Path]:
        """What stopped commands with other photos or options left for this name."""
        found = self.target.parent.glob(f".{_escaped(self.target.name)}.*.part")
        ours = f".{self._digest}.part"
        return sorted(each for each in found if not each.name.endswith(ours))

    def num_whole(self, photos: Sequence[str]) -> int:
        """Rows that stand there already, in whole blocks.

        Args:
            photos: What the table is about, in its order.
        """
        count = sum(1 for _ in self.rows(photos))
        return count if count == len(photos) else count // BLOCK * BLOCK

    def rows(self, photos: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        """Rows that are whole and about the photo in their place, and where they end.

        Args:
            photos: What the table is about, in its order.
        """
        titles = self._columns.titles
        rows = _Rows(self._stream)
        if next(rows, None) != titles:
            return
        for name, row in zip(photos, rows, strict=False):
            if len(row) != len(titles) or row[0] != self._columns.begin(name):
                return
            yield rows.end, row

    def go_on_after(self, count: int, photos: Sequence[str]) -> None:
        """Cut off what stands behind so many rows; 0 begins with the titles.

        Args:
            count: Not above ``num_whole``.
            photos: What the table is about, in its order.
        """
        end = 0
        for number, (place, _) in enumerate(self.rows(photos), start=1):
            if number > count:
                break
            end = place
        self._stream.seek(end if count else 0)
        self._stream.truncate()
        if count == 0:
            self._write([self._columns.titles])

    def append(self, block: Block) -> None:
        """Add a row for each photo of a block, all of them or, if killed, perhaps some.

        They are in the hands of the system afterwards, so that it takes a power cut to
        lose them.
        """
        self._write([self._columns.cells(*row) for row in block.rows()])

    def finish(self) -> None:
        """Give the table its name, with its rows in the order that it wants."""
        if self._order is not None:
            with written_whole(self.target) as stream:
                self._copy_in_order(self._order, stream)
            self.discard()
            return
        with full_disk_named(self.target):
            os.fsync(self._stream.fileno())
        with self._given_up():
            self.part.replace(self.target)

    def _copy_in_order(self, order: Int64[np.ndarray, " N"], target: BinaryIO) -> None:
        """Copy the titles, then the rows as they are, each from where it stands."""
        rows = _Rows(self._stream)
        ends = np.fromiter((rows.end for _ in rows), dtype=np.int64)
        for place in chain([0], order + 1):
            start = ends.item(place - 1) if place else 0
            self._stream.seek(start)
            target.write(self._stream.read(ends.item(place) - start))

    def discard(self) -> None:
        """Leave nothing of the table."""
        with self._given_up():
            self.part.unlink()

    def close(self) -> None:
        """Leave what there is to a later command; nothing without a single row."""
        if self._stream.closed:
            return
        if any(True for _ in self._stream_lines(skipped=1)):
            self._stream.close()
        else:
            self.discard()

    def __enter__(self) -> "GrowingTable":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _given_up(self) -> Iterator[None]:
        """Close the file after its name has changed, where the system allows that.

        Until then it is locked: no command goes on with what is another file by now.
        """
        if sys.platform == "win32":  # pragma: no cover
            self._stream.close()
        try:
            yield
        finally:
            self._stream.close()

    def _write(self, rows: Sequence[Sequence[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        with full_disk_named(self.target):
            self._stream.write(text.getvalue().encode(errors="surrogateescape"))
            self._stream.flush()

    def _stream_lines(self, skipped: int) -> Iterator[bytes]:
        self._stream.seek(0)
        for number, line in enumerate(self._stream):
            if number >= skipped:
                yield line


@final
class _Rows(Iterator[list[str]]):
    """Rows of a CSV file up to the first that is cut short, and where they end."""

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        self.end = 0
        self._stream = stream
        self._reader = csv.reader(self._lines(), strict=True)

    @override
    def __next__(self) -> list[str]:
        try:
            return next(self._reader)
        except csv.Error as error:
            raise StopIteration from error

    def _lines(self) -> Iterator[str]:
        for line in self._stream:
            if not line.endswith(b"\n"):
                return
            self.end += len(line)
            yield line.decode(errors="surrogateescape")


def _escaped(name: str) -> str:
    """A name as a pattern that matches nothing else."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)


def _locked(part: Path, target: Path) -> BinaryIO:
    """Open a file to read and write that no second command opens meanwhile.

    The command that held it may have ended between opening and locking: then what is
    open is the finished table by now, or nothing, and has to be left alone.
    """
    while True:
        stream = part.open("a+b")
        try:
            lock(stream)
        except BlockingIOError as error:
            stream.close()
            raise PlanError(
                f"Another command is writing {target} with the same photos and "
                "options. Wait for it, or pass another name."
            ) from error
        if _stands_at(stream, part):
            return stream
        stream.close()


def _stands_at(stream: BinaryIO, part: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), part.stat())
    except FileNotFoundError:
        return False
