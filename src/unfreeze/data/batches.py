"""Batches of pixels, read ahead by threads, in an order that they cannot change."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Int, Int64, UInt8
from torch import Tensor

from unfreeze.data.index import ImageIndex
from unfreeze.data.threads import map_in_order
from unfreeze.errors import PlanError
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.tensors import Batch, Pixels

__all__ = ["PixelLoader", "batch_places", "epoch_order", "name_image"]

_Share: TypeAlias = tuple[Pixels, int, range]
"""A batch being filled, a position in it, and which places belong from there on."""

_BATCHES_AHEAD = 2

_FEWEST_SHARED = 4
"""Places that two batches share: two each."""

_MOST_IN_A_SHARE = 8
"""Photos that a thread fills in one go. Handing out work takes about as long as one of
the quicker steps of augmentation, and all threads wait for it."""


def epoch_order(count: int, *, seed: int, epoch: int) -> Int64[np.ndarray, " N"]:
    """Shuffle the rows of one epoch: a function of the seed and the epoch alone."""
    return rng_for(seed, Purpose.ORDER, epoch=epoch).permutation(count)


def batch_places(count: int, batch_size: int, *, ends_evenly: bool) -> list[slice]:
    """Cut ``count`` places into batches, in order; the last one has what is left.

    Args:
        count: 0 or more.
        batch_size: Places in a batch.
        ends_evenly: Where less than half a batch is left, let the last two batches
            share their places, as learning needs: a few rows are mostly noise to
            batch norm, and a single one cannot be normalised at all. (What batches of
            two leave over joins the last of them.)

    Example:
        >>> [each.stop - each.start for each in batch_places(132, 64, ends_evenly=True)]
        [64, 34, 34]
    """
    ends = [*range(0, count, batch_size), count]
    rest = count % batch_size
    if ends_evenly and count > batch_size > 1 and 0 < rest < max(batch_size / 2, 2):
        shared = batch_size + rest
        ends[-2:-1] = [] if shared < _FEWEST_SHARED else [count - shared // 2]
    return [slice(start, stop) for start, stop in pairwise(ends)]


def name_image(error: Exception, index: ImageIndex, row: int) -> None:
    """Add a note to an exception that says which image it is about."""
    error.add_note(f"While reading image {index.name(row)!r}.")


@dataclass(frozen=True, eq=False)
class PixelLoader:
    """Read images into batches, again on every iteration.

    Up to two batches are read ahead. Leaving the loop early, also by an error or
    Ctrl-C, ends the threads. An exception of ``fill`` reaches the loop as it is, with
    a note that names the image.

    Raises:
        PlanError: If a setting is out of range.
    """

    index: ImageIndex
    fill: Callable[[int, UInt8[np.ndarray, "S S 3"]], None]
    """Writes the pixels for one place of ``rows`` into an array. Called in threads.

    The place tells apart what is read several times."""

    _: KW_ONLY

    rows: Int[np.ndarray, " M"]
    """Which rows to read, in this order."""

    batch_size: int
    """Images in a batch; the last one may have fewer."""

    num_workers: int
    """Threads that read; 0 reads in the thread that iterates."""

    size: int
    """Side of the square images, in pixels."""

    ends_evenly: bool = False
    """Have no small batch at the end, as learning needs; see ``batch_places``."""

    pin_memory: bool = False
    """Put batches in memory that a GPU copies from without waiting."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise PlanError(f"batch_size must be 1 or more, got {self.batch_size}.")
        if self.num_workers < 0:
            raise PlanError(f"num_workers must be 0 or more, got {self.num_workers}.")

    def __len__(self) -> int:
        """Count the batches."""
        return len(self._batches())

    def __iter__(self) -> Generator[Batch, None, None]:
        labels = self.index.labels
        in_batch = len(self._shares_of(min(self.batch_size, len(self.rows))))
        filled = map_in_order(
            self._filled,
            self._shares(),
            num_workers=self.num_workers,
            ahead=_BATCHES_AHEAD * in_batch,
        )
        with closing(filled):
            for rows in self._batches():
                inputs = [next(filled) for _ in self._shares_of(len(rows))][-1]
                targets = None if labels is None else torch.from_numpy(labels[rows])
                yield Batch(inputs, targets, rows)

    def _batches(self) -> list[Int64[np.ndarray, " B"]]:
        places = batch_places(
            len(self.rows), self.batch_size, ends_evenly=self.ends_evenly
        )
        return [self.rows[each].astype(np.int64) for each in places]

    def _shares_of(self, count: int) -> range:
        """Where the shares of a batch begin: at least one for each thread."""
        each = -(-count // max(self.num_workers, 1))
        return range(0, count, max(min(each, _MOST_IN_A_SHARE), 1))

    def _shares(self) -> Iterator[_Share]:
        done = 0
        for rows in self._batches():
            shape = (len(rows), self.size, self.size, 3)
            inputs = torch.empty(shape, dtype=torch.uint8, pin_memory=self.pin_memory)
            places = range(done, done + len(rows))
            starts = self._shares_of(len(rows))
            for start in starts:
                yield inputs, start, places[start : start + starts.step]
            done += len(rows)

    def _filled(self, share: _Share) -> Tensor:
        inputs, start, places = share
        squares = inputs.numpy()[start : start + len(places)]
        for place, square in zip(places, squares, strict=True):
            try:
                self.fill(place, square)
            except Exception as error:
                name_image(error, self.index, int(self.rows[place]))
                raise
        return inputs
