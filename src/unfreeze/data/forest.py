"""Groups of rows that hang together by pairs, and the fewest pairs that hold them."""

import numpy as np
from jaxtyping import Int, Int64

__all__ = ["groups_from_pairs", "least_forest"]

_NO_RANK = np.iinfo(np.int64).max


def groups_from_pairs(
    count: int, pairs: Int[np.ndarray, "P 2"]
) -> Int64[np.ndarray, " N"]:
    """Number the rows so that the two of every pair share a number.

    Args:
        count: Number of rows.
        pairs: Row numbers, 0 to below ``count``.

    Returns:
        Group of each row, counted from 0 in the order of first appearance.

    Example:
        >>> groups_from_pairs(5, np.array([[1, 3], [3, 4]])).tolist()
        [0, 1, 2, 1, 1]
    """
    root, _ = least_forest(count, pairs, np.zeros(len(pairs), dtype=np.int64))
    return np.unique(root, return_inverse=True)[1].astype(np.int64)


def least_forest(
    count: int, pairs: Int[np.ndarray, "P 2"], costs: Int[np.ndarray, " P"]
) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, " L"]]:
    """Choose the pairs that hold the groups together at the least cost.

    In each round, every group so far takes the cheapest pair that leaves it (Boruvka,
    "O jistem problemu minimalnim", 1926).

    Args:
        count: Number of rows.
        pairs: Row numbers.
        costs: Of each pair.

    Returns:
        First row of the group of each row; positions of the chosen pairs.
    """
    root, taken = np.arange(count), [np.empty(0, dtype=np.int64)]
    left = np.arange(len(pairs))
    ranks = costs * len(pairs) + left  # no two alike, so that no circle arises
    while len(left):
        ends = root[pairs[left]]
        is_new = ends[:, 0] != ends[:, 1]
        left, ends = left[is_new], ends[is_new]
        best = np.full(count, _NO_RANK)
        np.minimum.at(best, ends.ravel(), np.repeat(ranks[left], 2))
        reached = np.flatnonzero(best < _NO_RANK)
        chosen = best[reached] % len(pairs)
        others = root[pairs[chosen]].sum(axis=1) - reached
        # Of two that chose the same pair, one stays.
        is_joining = (best[others] != best[reached]) | (others < reached)
        root[reached[is_joining]] = others[is_joining]
        taken.append(chosen[is_joining])
        while not np.array_equal(above := root[root], root):
            root = above
        first = np.arange(count)
        np.minimum.at(first, root, np.arange(count))
        root = first[root]
    return root, np.concatenate(taken)
