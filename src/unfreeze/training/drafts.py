"""Batches of photos that are decoded, and varied later, on the device.

Threads do here what differs from photo to photo: they read pixels, and draw from the
generator of each photo how it is to be varied. What is left is the same arithmetic for
every pixel of a batch, and a GPU has more of that to spare than a processor.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Int, Int64

from unfreeze.augment.batch_draft import BatchDraft, Outline
from unfreeze.augment.kernels import Border
from unfreeze.data.batches import batch_places, name_image
from unfreeze.data.index import ImageIndex
from unfreeze.data.threads import map_in_order
from unfreeze.tensors import Targets

__all__ = ["DraftLoader", "Drafts"]

_Group: TypeAlias = tuple[Int64[np.ndarray, " B"], list[Outline]]


@dataclass(frozen=True, slots=True, eq=False)
class Drafts:
    """Some rows of a split, before they are varied. ``Batch`` is the same after it."""

    draft: BatchDraft
    labels: Targets | None
    rows: Int64[np.ndarray, " B"]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DraftLoader:
    """Read images into drafts, again on every iteration.

    The order is that of ``rows``, whatever the number of threads. About three batches
    are read ahead, of each photo the part that its warp reads. Leaving the loop early,
    also by an error or Ctrl-C, ends the threads. An exception of ``outline`` reaches
    the loop as it is, with a note that names the image.
    """

    index: ImageIndex
    outline: Callable[[int], Outline]
    """Reads the photo for one place of ``rows`` and decides how to vary it. Called in
    threads."""

    rows: Int[np.ndarray, " M"]
    """Which rows to read, in this order."""

    batch_size: int
    num_workers: int
    """Threads that read; 0 reads in the thread that iterates."""

    size: int
    """Side of the square images, in pixels."""

    border: Border
    ends_evenly: bool = False
    """Have no small batch at the end, as learning needs; see ``batch_places``."""

    pin_memory: bool = False
    """Put pixels in memory that a GPU copies from without waiting."""

    def __len__(self) -> int:
        """Count the batches."""
        return len(self._batches())

    def __iter__(self) -> Generator[Drafts, None, None]:
        batches = self._batches()
        outlined = map_in_order(
            self._outlined,
            range(sum(map(len, batches))),
            num_workers=self.num_workers,
            ahead=self.batch_size + self.num_workers,
        )
        joined = map_in_order(
            self._joined,
            _grouped(batches, outlined),
            num_workers=min(1, self.num_workers),
            ahead=1,
        )
        with closing(outlined), closing(joined):
            yield from joined

    def _batches(self) -> list[Int64[np.ndarray, " B"]]:
        places = batch_places(
            len(self.rows), self.batch_size, ends_evenly=self.ends_evenly
        )
        return [self.rows[each].astype(np.int64) for each in places]

    def _outlined(self, place: int) -> Outline:
        try:
            return self.outline(place)
        except Exception as error:
            name_image(error, self.index, int(self.rows[place]))
            raise

    def _joined(self, group: _Group) -> Drafts:
        rows, outlines = group
        labels = self.index.labels
        return Drafts(
            BatchDraft.of(outlines, self.size, self.border, pinned=self.pin_memory),
            None if labels is None else torch.from_numpy(labels[rows]),
            rows,
        )


def _grouped(
    batches: list[Int64[np.ndarray, " B"]], outlined: Iterator[Outline]
) -> Iterator[_Group]:
    for rows in batches:
        yield rows, [next(outlined) for _ in rows]
