"""Answer any number of photos into tables, and go on where a command was stopped."""

import hashlib
import json
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import final

from unfreeze.data.paths import PackedNames
from unfreeze.errors import PlanError
from unfreeze.places import require_place
from unfreeze.runs.blocks import Answerer, Block, require_some_read
from unfreeze.runs.growing_table import Columns, GrowingTable

__all__ = ["Job", "Work", "require_places"]


def require_places(outputs: Sequence[Path | None], inputs: Sequence[Path]) -> None:
    """Refuse names that tables cannot have, before anything is read.

    Args:
        outputs: Tables that will be written, if any.
        inputs: Lists that will be read.

    Raises:
        PlanError: If a table has no place, or the name of another file.
    """
    taken = {each.resolve(): each for each in inputs}
    for each in filter(None, outputs):
        require_place(each)
        if each.resolve() in taken:
            raise PlanError(
                f"{each} is named twice: it would be written over. Pass another name."
            )
        taken[each.resolve()] = each


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """Photos, what answers them, and the tables that the answers go to."""

    answerer: Answerer
    photos: PackedNames
    tables: tuple[tuple[Path, Columns], ...] = ()
    """Their names, and what stands in them."""

    settings: tuple[str | float | None, ...] = ()
    """Whatever else decides on what stands in them."""

    def digest(self) -> str:
        """Tell jobs apart whose tables are not the same."""
        found = hashlib.blake2b(digest_size=6)
        said = [str(Path.cwd()), self.answerer.digest, self.settings]
        found.update(json.dumps(said).encode())
        for name in self.photos:
            found.update(name.encode(errors="surrogateescape") + b"\0")
        return found.hexdigest()


@final
class Work:
    """A job that is being done: a context, which keeps what is done when it ends early.

    Args:
        job: What to do.
        goes_on: Whether rows that a stopped command has left stay; else all photos are
            answered anew.

    Raises:
        PlanError: If another command is doing the same job.
    """

    def __init__(self, job: Job, *, goes_on: bool = True) -> None:
        self._job = job
        self.num_unreadable = 0
        """Of the photos that were looked at now."""

        digest = job.digest() if job.tables else ""
        with ExitStack() as opened:
            self._tables = [
                opened.enter_context(GrowingTable(path, columns, digest))
                for path, columns in job.tables
            ]
            whole = [each.num_whole(job.photos) for each in self._tables]
            self.before = min(whole, default=0) if goes_on else 0
            """Photos whose rows an earlier command has written."""

            for table in self._tables:
                table.go_on_after(self.before, job.photos)
            self._opened = opened.pop_all()
        self.done = self.before
        """Photos in all whose rows are written."""

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

    def blocks(self) -> Generator[Block, None, None]:
        """Answer the photos that are left, and finish the tables.

        Yields:
            Each block of answers, once it is in the tables.

        Raises:
            DataError: If none of the photos can be read; the tables say why.
        """
        photos, first_unreadable = self._job.photos, None
        if self.done < len(photos):
            with closing(self._job.answerer.blocks(photos, self.done)) as blocks:
                for block in blocks:
                    for table in self._tables:
                        table.append(block)
                    skipped = block.skipped
                    first_unreadable = first_unreadable or next(iter(skipped), None)
                    self.num_unreadable += len(skipped)
                    self.done += len(block)
                    yield block
        for table in self._tables:
            table.finish()
        require_some_read(len(photos), self.num_unreadable, first_unreadable)
