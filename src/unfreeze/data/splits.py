"""Hold out a validation set."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from jaxtyping import Int, Int64

from unfreeze.errors import DataError, PlanError
from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = ["get_cv_idxs", "stratified_split"]


def get_cv_idxs(
    n: int, cv_idx: int = 0, val_pct: float = 0.2, seed: int = 42
) -> Int64[np.ndarray, " M"]:
    """Draw the validation rows of one fold of a cross-validation.

    The same rows as the 2018 library drew, without touching the global generator
    that it reseeded.

    Args:
        n: Rows to choose from.
        cv_idx: Which fold, from 0. Folds do not overlap.
        val_pct: Share of the rows in a fold, above 0 and below 1.
        seed: Starts numpy's Mersenne Twister, from 0 to 2**32 - 1.

    Returns:
        ``int(val_pct * n)`` rows, in random order.

    Raises:
        PlanError: If the fold would be empty or lies beyond the last row.

    Example:
        >>> len(get_cv_idxs(10222))
        2044
    """
    count = int(val_pct * n)
    if not 0 < val_pct < 1 or not 0 <= cv_idx * count < (cv_idx + 1) * count <= n:
        raise PlanError(
            f"Fold {cv_idx} with {val_pct:g} of {n} rows does not exist. Folds count "
            "from 0, each holds int(val_pct * n) rows, at least one."
        )
    # The legacy generator: numpy keeps its stream as it was in 2018.
    order = np.random.RandomState(seed).permutation(n)
    return order[cv_idx * count : (cv_idx + 1) * count].astype(np.int64)


def stratified_split(
    labels: Int[np.ndarray, " N"],
    fraction: float,
    seed: int,
    groups: Int[np.ndarray, " N"] | None = None,
) -> tuple[Int64[np.ndarray, " T"], Int64[np.ndarray, " V"]]:
    """Hold out the same share of every class.

    Sizes come from the largest remainder, so that the whole comes as close to
    ``fraction`` as the classes allow. A class of two images or more has at least one
    on each side; a single image is for training. Groups are placed in random order,
    each where it still fits: a class whose images hang together in few groups may
    miss its share, but no group is ever torn apart.

    Args:
        labels: Class number of each row.
        fraction: Share to hold out, above 0 and below 1.
        seed: Same seed, same split. 0 or more.
        groups: Rows with the same number stay on the same side (near-duplicates,
            photos of one patient). Without it, every row stands alone.

    Returns:
        Training rows and validation rows, both ascending.

    Raises:
        PlanError: If ``fraction`` is out of range.
        DataError: If nothing can be held out, since each class has one image or group.
    """
    if not 0 < fraction < 1:
        raise PlanError(f"fraction must be above 0 and below 1, got {fraction:g}.")
    units = _units(np.arange(len(labels)) if groups is None else groups)
    order = rng_for(seed, Purpose.SPLIT).permutation(len(units))
    classes, numbers = np.unique(labels, return_inverse=True)
    sizes = np.bincount(numbers, minlength=len(classes))

    split = _Split(numbers.tolist(), sizes.tolist(), _quotas(sizes, fraction).tolist())
    split.fill([units[position] for position in order.tolist()])
    split.serve_missed_classes()
    if not split.held_out:
        raise DataError(
            f"Nothing can be held out of {len(labels)} images in {len(units)} groups: "
            "every class has only one image or one group. Add images."
        )
    valid = np.sort(np.array(split.held_out, dtype=np.int64))
    return np.setdiff1d(np.arange(len(labels), dtype=np.int64), valid), valid


class _Split:
    """A split being made: which units are held out, and what each class still needs.

    Args:
        labels: Class number of each row.
        sizes: Rows of each class.
        quotas: Rows to hold out of each class.
    """

    def __init__(self, labels: list[int], sizes: list[int], quotas: list[int]) -> None:
        self._labels = labels
        self._sizes = sizes
        self._quotas = quotas
        self._taken = [0] * len(sizes)
        self._training: list[list[int]] = []
        self.held_out: list[int] = []

    def fill(self, units: list[list[int]]) -> None:
        """Hold out every unit that fits, in the order given."""
        for unit in units:
            if all(
                self._taken[label] + count <= self._quotas[label]
                for label, count in self._counts(unit)
            ):
                self._hold_out(unit)
            else:
                self._training.append(unit)

    def serve_missed_classes(self) -> None:
        """Hold out the smallest unit of each class that got nothing so far."""
        for label in self._missed():
            candidates = [unit for unit in self._training if self._spares(unit, label)]
            if candidates and not self._taken[label]:
                smallest = min(candidates, key=len)
                self._training.remove(smallest)
                self._hold_out(smallest)

    def _missed(self) -> Iterator[int]:
        for label, quota in enumerate(self._quotas):
            if quota and not self._taken[label]:
                yield label

    def _spares(self, unit: list[int], label: int) -> bool:
        """Whether ``unit`` has ``label`` and training keeps some of all its classes."""
        counts = self._counts(unit)
        return any(own == label for own, _ in counts) and all(
            self._taken[own] + count < self._sizes[own] for own, count in counts
        )

    def _hold_out(self, unit: list[int]) -> None:
        self.held_out += unit
        for label, count in self._counts(unit):
            self._taken[label] += count

    def _counts(self, unit: list[int]) -> list[tuple[int, int]]:
        if len(unit) == 1:
            return [(self._labels[unit[0]], 1)]
        return list(Counter(self._labels[row] for row in unit).items())


def _units(groups: Int[np.ndarray, " N"]) -> list[list[int]]:
    """Collect the rows of each group, groups in ascending order of their number."""
    order = np.argsort(groups, kind="stable")
    borders = np.flatnonzero(np.diff(groups[order])) + 1
    starts = [0, *borders.tolist()]
    stops = [*borders.tolist(), len(order)]
    rows = order.tolist()
    return [rows[start:stop] for start, stop in zip(starts, stops, strict=True)]


def _quotas(sizes: Int64[np.ndarray, " K"], fraction: float) -> Int64[np.ndarray, " K"]:
    """Share out the held-out rows among classes by largest remainder."""
    shares = sizes * fraction
    least = np.where(sizes > 1, 1, 0)
    most = np.where(sizes > 1, sizes - 1, 0)
    quotas = np.clip(np.floor(shares).astype(np.int64), least, most)
    total = int(np.clip(round(fraction * sizes.sum()), least.sum(), most.sum()))
    while (short := total - quotas.sum()) != 0:
        step = 1 if short > 0 else -1
        room = quotas < most if short > 0 else quotas > least
        need = np.where(room, step * (shares - quotas), -np.inf)
        quotas[np.argmax(need)] += step
    return quotas
