"""Choose whole groups to hold out, so that every class comes close to its share."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Float32, Int64

__all__ = ["Unit", "hold_out_units", "units_of"]

_MOST_UNITS = 100_000
"""Units to try altogether, in one try after another: about a second of work."""

_MOST_TRIES = 20
"""Orders in which the units are tried; few groups need many, many need few."""

_WEIGHT_OF_WHOLE = 1e-3
"""What all rows together count beside the rows of a class. Photos with several labels
need it, since their classes do not add up to the rows. What one class cannot give must
not be taken from the others: by this they give a thousandth of their quota at most."""

_GAIN = 1e-9
"""What a step must gain at least, so that rounding cannot make it walk in circles."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows that stay together."""

    rows: tuple[int, ...]
    counts: tuple[tuple[int, int], ...]
    """Pairs of a class and how many of the rows carry it."""


def units_of(
    labels: Int64[np.ndarray, " N"] | Float32[np.ndarray, "N K"],
    groups: Int64[np.ndarray, " N"],
) -> list[Unit]:
    """Collect the rows of each group, groups in ascending order of their number.

    Args:
        labels: Class number of each row, or a row of 0s and 1s.
        groups: Group number of each row.
    """
    order = np.argsort(groups, kind="stable")
    borders = np.flatnonzero(np.diff(groups[order])) + 1
    starts, stops = [0, *borders.tolist()], [*borders.tolist(), len(order)]
    rows, carried = order.tolist(), _carried(labels[order])
    return [
        Unit(
            tuple(rows[start:stop]),
            tuple(Counter(chain.from_iterable(carried[start:stop])).items()),
        )
        for start, stop in zip(starts, stops, strict=True)
    ]


def _carried(
    labels: Int64[np.ndarray, " N"] | Float32[np.ndarray, "N K"],
) -> list[list[int]]:
    """List the classes of each row."""
    if labels.ndim == 1:
        return [[label] for label in labels.tolist()]
    return [np.flatnonzero(of_row).tolist() for of_row in labels]


def hold_out_units(
    units: Sequence[Unit],
    quotas: Int64[np.ndarray, " K"],
    num_wanted: int,
    rng: np.random.Generator,
) -> list[int]:
    """Choose the units whose rows come closest to what is wanted.

    The distance is the sum over the classes of ``(held out - quota)**2 / quota``, as in
    a chi-squared test; where that is equal, the same of all rows decides. From an empty
    side, each unit in random order changes sides where that lessens the distance, again
    and again until none does; the best of several orders counts. Finding the least
    distance of all is as hard as packing a knapsack.

    No class loses its last training row. A class with a quota that got nothing then
    takes its smallest unit, whatever the distance.

    Args:
        units: All rows, each in one unit.
        quotas: Rows wanted of each class.
        num_wanted: Rows wanted altogether.
        rng: Draws the orders.

    Returns:
        Positions in ``units``, ascending; none where every unit must stay.
    """
    tries = int(np.clip(_MOST_UNITS // len(units), 1, _MOST_TRIES))
    sides = (
        _settled(units, quotas, num_wanted, rng.permutation(len(units)).tolist())
        for _ in range(tries)
    )
    best = min(sides, key=lambda side: (side.num_missed, side.distance))
    return sorted(best.chosen)


def _settled(
    units: Sequence[Unit],
    quotas: Int64[np.ndarray, " K"],
    num_wanted: int,
    order: Iterable[int],
) -> "_HeldOut":
    side = _HeldOut(units, quotas.tolist(), num_wanted)
    order = list(order)
    while side.improve(order):
        pass
    side.serve_missed_classes()
    return side


class _HeldOut:
    """One side of a split being made: its units, and how far it is from what is wanted.

    Args:
        units: All of them.
        quotas: Rows wanted of each class.
        num_wanted: Rows wanted altogether.
    """

    def __init__(
        self, units: Sequence[Unit], quotas: list[int], num_wanted: int
    ) -> None:
        self._units = units
        self._quotas = quotas
        self._taken = [0] * len(quotas)
        self._sizes = [0] * len(quotas)
        for unit in units:
            for label, count in unit.counts:
                self._sizes[label] += count
        self._num_wanted = num_wanted
        self._num_taken = 0
        self.chosen: set[int] = set()

    @property
    def distance(self) -> float:
        """How far the side is from what is wanted."""
        of_classes = map(_far, self._taken, self._quotas)
        of_whole = _far(self._num_taken, self._num_wanted)
        return sum(of_classes) + _WEIGHT_OF_WHOLE * of_whole

    @property
    def num_missed(self) -> int:
        """Classes that should have rows on this side and have none."""
        return len(self._missed())

    def improve(self, order: Sequence[int]) -> bool:
        """Let each unit change sides where that helps; say whether any did."""
        has_changed = False
        for position in order:
            if self._may_flip(position) and self._gain(position) > _GAIN:
                self._flip(position)
                has_changed = True
        return has_changed

    def serve_missed_classes(self) -> None:
        """Hold out the smallest unit of each class that got nothing so far."""
        for label in self._missed():
            fitting = [
                position
                for position, unit in enumerate(self._units)
                if position not in self.chosen
                and any(own == label for own, _ in unit.counts)
                and self._may_flip(position)
            ]
            if fitting and not self._taken[label]:
                self._flip(min(fitting, key=lambda at: len(self._units[at].rows)))

    def _missed(self) -> list[int]:
        return [
            label
            for label, quota in enumerate(self._quotas)
            if quota and not self._taken[label]
        ]

    def _may_flip(self, position: int) -> bool:
        """Whether training keeps some of every class."""
        return position in self.chosen or all(
            self._taken[label] + count < self._sizes[label]
            for label, count in self._units[position].counts
        )

    def _gain(self, position: int) -> float:
        """How much nearer the side comes when a unit changes sides."""
        unit = self._units[position]
        sign = -1 if position in self.chosen else 1
        change = sign * len(unit.rows)
        gain = _WEIGHT_OF_WHOLE * _nearer(self._num_taken, self._num_wanted, change)
        for label, count in unit.counts:
            gain += _nearer(self._taken[label], self._quotas[label], sign * count)
        return gain

    def _flip(self, position: int) -> None:
        unit = self._units[position]
        sign = -1 if position in self.chosen else 1
        self._num_taken += sign * len(unit.rows)
        for label, count in unit.counts:
            self._taken[label] += sign * count
        self.chosen ^= {position}


def _far(taken: int, wanted: int) -> float:
    return (taken - wanted) ** 2 / max(wanted, 1)


def _nearer(taken: int, wanted: int, change: int) -> float:
    return _far(taken, wanted) - _far(taken + change, wanted)
