"""Deal rows into folds of equal make-up."""

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
    taken = np.zeros((int(labels.max(initial=-1)) + 1, count), dtype=np.int64)
    fold_of = np.zeros(num_groups, dtype=np.int64)
    order = rng_for(seed, Purpose.FOLDS).permutation(num_groups)
    for group in order[sizes[order] > 0].tolist():
        of_class = taken[labels[firsts[group]]]
        # Folds that are equally short of this class: the one with fewest rows.
        fold = int(np.lexsort((taken.sum(axis=0), of_class))[0])
        of_class[fold] += sizes[group]
        fold_of[group] = fold
    return fold_of[groups]
