"""Deal rows into folds of equal make-up."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, Int64

from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = ["grouped_folds"]


def grouped_folds(
    labels: Int[np.ndarray, " N"],
    groups: Int[np.ndarray, " N"],
    count: int,
    seed: int,
) -> Int64[np.ndarray, " N"]:
    """Number the fold of each row, the same share of every class in each.

    Args:
        labels: Class of each row.
        groups: Rows with the same number stay in one fold; from 0.
        count: Number of folds, 2 or more.
        seed: Same seed, same folds. 0 or more.
    """
    num_groups = int(groups.max(initial=-1)) + 1
    sizes = np.bincount(groups, minlength=num_groups)
    firsts = np.full(num_groups, -1, dtype=np.int64)
    firsts[groups[::-1]] = np.arange(len(groups))[::-1]
    order = rng_for(seed, Purpose.FOLDS).permutation(num_groups)
    order = order[sizes[order] > 0]
    fold_of = np.zeros(num_groups, dtype=np.int64)
    fold_of[order] = _dealt(
        labels[firsts[order]].tolist(), sizes[order].tolist(), count
    )
    return fold_of[groups]


def _dealt(
    labels: Sequence[int], sizes: Sequence[int], count: int
) -> Int64[np.ndarray, " G"]:
    """Give each group to the fold that is shortest of its class, one after another.

    Of folds that are equally short of it, the one with fewest rows; then the first.
    Each choice depends on all before it, so this is a loop, over plain numbers.
    """
    totals = [0] * count
    taken = {label: [0] * count for label in set(labels)}
    found = np.empty(len(labels), dtype=np.int64)
    for position, (label, size) in enumerate(zip(labels, sizes, strict=True)):
        of_class = taken[label]
        least = min(of_class)
        fold = of_class.index(least)
        if of_class.count(least) > 1:
            shortest = (n for n in range(count) if of_class[n] == least)
            fold = min(shortest, key=totals.__getitem__)
        of_class[fold] += size
        totals[fold] += size
        found[position] = fold
    return found
