"""What was known of each photo when its row was written, beside tables that grow.

A row holds a photo with its size and the time it was changed, and why it cannot be
read. So a job that goes on sees where a photo was replaced or repaired meanwhile, and
counts the unreadable ones of earlier sittings, which not every table tells. The journal
grows with the tables, after them, and disappears when they are whole.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import final, overload

import numpy as np
from jaxtyping import Float
from typing_extensions import override

from unfreeze.data.csv_cells import as_cell, from_cell
from unfreeze.data.paths import PackedNames
from unfreeze.records import Skipped
from unfreeze.runs.blocks import Block
from unfreeze.runs.growing_table import GrowingTable

__all__ = ["Journal"]


@final
class Journal:
    """A hidden neighbour of a table. Photos are looked at when it is opened.

    What changes a photo after that shows when the job goes on the next time.

    Args:
        target: The table.
        photos: What it is about, in its order.
        digest: Of whatever else decides on the answers.

    Raises:
        PlanError: If another command is doing the same job.
    """

    def __init__(self, target: Path, photos: PackedNames, digest: str) -> None:
        self._photos = photos
        self._dated = _Dated(photos)
        place = target.with_name(f"{target.name}.seen")
        self._table = GrowingTable(place, _Columns(), digest)

    def num_same(self) -> int:
        """Photos, in whole blocks, that are as they were when they were answered."""
        return self._table.num_whole(self._dated)

    def go_on_after(self, count: int) -> tuple[int, Skipped | None]:
        """Forget what stands behind so many rows.

        Args:
            count: Not above ``num_same``.

        Returns:
            How many photos before cannot be read, and the first of them, if any.
        """
        self._table.go_on_after(count, self._dated)
        num_unreadable, first = 0, None
        for number, (_, row) in enumerate(islice(self._table.rows(self._dated), count)):
            if row[1]:
                num_unreadable += 1
                first = first or Skipped(self._photos[number], from_cell(row[1]))
        return num_unreadable, first

    def append(self, block: Block) -> None:
        """Add a row for each photo of a block."""
        names = self._dated[block.first : block.first + len(block)]
        self._table.append(replace(block, names=names))

    def discard(self) -> None:
        """Leave nothing: the tables are whole."""
        self._table.discard()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()


@final
class _Columns:
    """A photo as ``_Dated`` names it, and why it cannot be read."""

    @property
    def titles(self) -> list[str]:
        """Of the columns, in their order."""
        return ["photo", "error"]

    def begin(self, name: str) -> str:
        """First cell of the row of a photo."""
        return as_cell(name)

    def cells(
        self, name: str, probs: Float[np.ndarray, " K"], error: str | None
    ) -> list[str]:
        """The row of a photo."""
        del probs
        return [self.begin(name), as_cell(error or "")]


@final
class _Dated(Sequence[str]):
    """Each photo by its name, its bytes, and nanoseconds of its last change."""

    def __init__(self, photos: PackedNames) -> None:
        self._photos = photos
        self._facts = np.fromiter(
            (_facts(name) for name in photos), np.dtype((np.int64, 2)), len(photos)
        )

    @override
    def __len__(self) -> int:
        return len(self._photos)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    @override
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[each] for each in range(len(self))[row]]
        size, changed = self._facts[row].tolist()
        return f"{self._photos[row]} {size} {changed}"


def _facts(name: str) -> tuple[int, int]:
    try:
        found = os.stat(name)  # noqa: PTH116  # a Path for each takes twice the time
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns
