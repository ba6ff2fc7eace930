"""Answer any number of photos into tables, and go on where a command was stopped."""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Protocol, final

import numpy as np
from jaxtyping import Int64

from unfreeze.data.decode import DECODER
from unfreeze.data.paths import PackedNames
from unfreeze.errors import PlanError
from unfreeze.records import Skipped
from unfreeze.runs.blocks import Answerer, Block, require_some_read
from unfreeze.runs.growing_table import Columns, GrowingTable
from unfreeze.runs.journal import Journal
from unfreeze.versions import version_of
from unfreeze.written_json import exact_json_text

__all__ = ["Job", "OrderedColumns", "Work"]


class OrderedColumns(Columns, Protocol):
    """What stands in a table, and in which order."""

    def order(self, photos: PackedNames) -> Int64[np.ndarray, " N"] | None:
        """Which photo each row of the whole table is about; None as they stand.

        Raises:
            DataError: If the photos cannot stand in one table.
        """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """Photos, what answers them, and the tables that the answers go to."""

    answerer: Answerer
    photos: PackedNames
    tables: tuple[tuple[Path, OrderedColumns], ...] = ()
    """Their names, and what stands in them."""

    settings: tuple[str | float | None, ...] = ()
    """Whatever else decides on what stands in them."""

    def digest(self) -> str:
        """Tell jobs apart whose tables are not the same.

        What is in the photos is the journal's to tell.
        """
        found = hashlib.blake2b(digest_size=6)
        ours = [DECODER, version_of("unfreeze")]
        said = [str(Path.cwd()), self.answerer.digest, self.settings, ours]
        found.update(exact_json_text(said).encode())
        for name in self.photos:
            found.update(name.encode(errors="surrogateescape") + b"\0")
        return found.hexdigest()


@final
class Work:
    """A job that is being done: a context, which keeps what is done when it ends early.

    Args:
        job: What to do.
        may_go_on: Whether rows that a stopped command has left are enough; else they
            stay, and the job is refused.

    Raises:
        PlanError: If another command is doing the same job, or the job may not go on.
        DataError: If the photos cannot stand in one of the tables.
    """

    def __init__(self, job: Job, *, may_go_on: bool = True) -> None:
        self._job = job
        self.num_unreadable = 0
        """Of the photos that have been looked at, also by earlier commands."""

        self._first_unreadable: Skipped | None = None
        self._tables: list[GrowingTable] = []
        self._journal: Journal | None = None
        self.before = 0
        """Photos whose rows an earlier command has written."""

        with ExitStack() as opened:
            if job.tables:
                self._open(opened, may_go_on)
            self._opened = opened.pop_all()
        self.done = self.before
        """Photos in all whose rows are written."""

    def _open(self, opened: ExitStack, may_go_on: bool) -> None:
        job, digest = self._job, self._job.digest()
        for path, columns in job.tables:
            order = columns.order(job.photos)
            table = GrowingTable(path, columns, digest, order)
            self._tables.append(opened.enter_context(table))
        journal = Journal(job.tables[0][0], job.photos, digest)
        self._journal = opened.enter_context(journal)
        whole = (each.num_whole(job.photos) for each in self._tables)
        self.before = min(journal.num_same(), *whole)
        if self.before and not may_go_on:
            part = self.parts[0]
            raise PlanError(
                f"{self.before:,} of {len(job.photos):,} photos are answered in {part} "
                "already, without what --json needs of them. Go on without --json, or "
                "remove that file to answer all of them anew."
            )
        for table in self._tables:
            table.go_on_after(self.before, job.photos)
        self.num_unreadable, self._first_unreadable = journal.go_on_after(self.before)

    def __enter__(self) -> "Work":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    @property
    def parts(self) -> list[Path]:
        """Where the rows of unfinished tables stand."""
        return [each.part for each in self._tables]

    @property
    def leftovers(self) -> list[Path]:
        """Rows of other jobs for the same tables, which no command has finished."""
        return [part for each in self._tables for part in each.leftovers]

    def rows_before(self, table: int) -> Iterator[tuple[str, list[str]]]:
        """Photos whose rows an earlier command has written, each with its row.

        Args:
            table: Number of the table in the job.
        """
        photos = self._job.photos
        rows = islice(self._tables[table].rows(photos), self.before)
        for number, (_, row) in enumerate(rows):
            yield photos[number], row

    def blocks(self) -> Generator[Block, None, None]:
        """Answer the photos that are left, and finish the tables.

        Yields:
            Each block of answers, once it is in the tables.

        Raises:
            DataError: If none of the photos can be read; the tables say why.
        """
        photos = self._job.photos
        if self.done < len(photos):
            with closing(self._job.answerer.blocks(photos, self.done)) as blocks:
                for block in blocks:
                    self._note(block)
                    yield block
        for table in self._tables:
            table.finish()
        if self._journal is not None:
            self._journal.discard()
        require_some_read(len(photos), self.num_unreadable, self._first_unreadable)

    def _note(self, block: Block) -> None:
        for table in self._tables:
            table.append(block)
        if self._journal is not None:
            self._journal.append(block)
        skipped = block.skipped
        self._first_unreadable = self._first_unreadable or next(iter(skipped), None)
        self.num_unreadable += len(skipped)
        self.done += len(block)
