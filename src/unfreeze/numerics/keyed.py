"""Random numbers as a function of what they are for.

A draw depends on (seed, purpose, epoch, row, turn) and on nothing else: not on the
order of calls, the number of threads, the batch size, or whether the run was
interrupted.
The generator is numpy's Philox, a counter-based generator (Salmon et al., "Parallel
random numbers: as easy as 1, 2, 3", 2011), so that starting one costs microseconds.
"""

import threading
from enum import IntEnum
from typing import final

import numpy as np

__all__ = ["KeyedRngs", "Purpose", "rng_for", "torch_seed", "uniform"]


class Purpose(IntEnum):
    """What random numbers are drawn for. Values are part of saved runs: never reuse."""

    ORDER = 1
    AUGMENT = 2
    VIEWS = 3
    STEP = 4
    HEAD = 5
    SPLIT = 6
    BACKBONE = 7
    STORED_VIEWS = 8
    HALVES = 21
    CHANCE = 22
    BALANCE = 23
    FOLDS = 31
    FORECAST = 41
    GOLDEN = 51
    EXPORT_PHOTOS = 52


def rng_for(
    seed: int, purpose: Purpose, *, epoch: int = 0, row: int = 0, turn: int = 0
) -> np.random.Generator:
    """Start the generator that belongs to one image in one epoch, or to one epoch.

    Args:
        seed: 0 to 2**64 - 1, as are the others.
        purpose: What it is for.
        epoch: From 0.
        row: The image.
        turn: How often it came before in the same epoch.

    Example:
        >>> draw = rng_for(0, Purpose.ORDER).random()
        >>> draw == rng_for(0, Purpose.ORDER).random()
        True
    """
    bits = np.random.Philox(
        key=np.array([seed, int(purpose)], dtype=np.uint64),
        # The first number counts the draws, and 2**64 of them are never reached.
        counter=np.array([0, turn, row, epoch], dtype=np.uint64),
    )
    return np.random.Generator(bits)


@final
class KeyedRngs(threading.local):
    """What ``rng_for`` starts for one image after another, in a fifth of the time.

    Each thread has one generator, which ``at`` sets to the beginning of what belongs to
    an image. So none may be used any more once the thread has asked for the next.

    Args:
        seed: As ``rng_for`` takes it.
        purpose: What all of them are for.
    """

    def __init__(self, seed: int, purpose: Purpose) -> None:
        self._rng = rng_for(seed, purpose)
        self._start = self._rng.bit_generator.state
        self._counter = self._start["state"]["counter"]

    def at(self, *, epoch: int, row: int, turn: int = 0) -> np.random.Generator:
        """Start the generator of one image in one epoch."""
        self._counter[1:] = turn, row, epoch
        self._rng.bit_generator.state = self._start
        return self._rng

    def torch_seed(self, *, epoch: int, row: int) -> int:
        """The number that the function of this name derives."""
        return int(self.at(epoch=epoch, row=row).integers(2**63))


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw the number that ``rng.uniform`` draws, in a third of the time."""
    return low + (high - low) * rng.random()


def torch_seed(seed: int, purpose: Purpose, *, epoch: int = 0, row: int = 0) -> int:
    """Derive a seed for a torch generator, 0 to 2**63 - 1."""
    return int(rng_for(seed, purpose, epoch=epoch, row=row).integers(2**63))
