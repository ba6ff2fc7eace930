"""Find photos that look the same although their files differ."""

import numpy as np
from jaxtyping import Int, Int64, UInt8, UInt64

from unfreeze.data.near_groups import near_groups
from unfreeze.data.perceptual import MOST_DIFFERENT, bits_apart, hash_words

__all__ = ["near_links"]

_MOST_ALL_BY_ALL = 8_000
"""Photos of which every two are compared: at most half a second of work."""

_MOST_OF_GROUP = 20_000
"""Photos of a group whose shortest links are looked for: some seconds of work."""


def near_links(
    hashes: UInt8[np.ndarray, "N 32"],
) -> tuple[Int64[np.ndarray, "P 2"], Int64[np.ndarray, " P"]]:
    """Find pairs of photos that look the same, as many as hold each group together.

    These are the most similar ones that do, so that the least similar of them tells how
    similar a group is, in whatever order its photos stand. Thousands of photos from a
    fixed camera have millions of near pairs; a group of M photos has M - 1 links. Of a
    group of more than 20,000 photos the links are near pairs, not the nearest ones.

    Args:
        hashes: Of each photo. Those without any bit set are left out.

    Returns:
        Row numbers of each pair, the lower one first, in ascending order; the number
        of bits in which the two differ, as they are or with one of them mirrored.
    """
    rows = np.flatnonzero(hashes.any(axis=1))
    firsts, kind_of = _distinct(hashes[rows])
    equal = _links(kind_of)
    kinds = rows[np.sort(firsts)]
    links = _links_of_kinds(hash_words(hashes[kinds]))
    every = np.concatenate(
        [
            np.concatenate([rows[equal], np.zeros_like(equal[:, :1])], axis=1),
            np.concatenate([np.sort(kinds[links[:, :2]]), links[:, 2:]], axis=1),
        ]
    )
    every = every[np.lexsort((every[:, 1], every[:, 0]))]
    return every[:, :2], every[:, 2]


def _links_of_kinds(words: UInt64[np.ndarray, "N 4"]) -> Int64[np.ndarray, "L 3"]:
    """Link different hashes: two rows and their distance."""
    if len(words) <= _MOST_ALL_BY_ALL:
        return _shortest(words)
    groups, found = near_groups(words)
    sizes = np.bincount(groups)
    size_of = sizes[groups]
    is_final = (sizes == 2) | (sizes > _MOST_OF_GROUP)
    links = [found[is_final[groups[found[:, 0]]]]]
    by_group = np.argsort(groups, kind="stable")
    by_group = by_group[(size_of[by_group] > 2) & ~is_final[groups[by_group]]]
    borders = np.flatnonzero(np.diff(groups[by_group])) + 1
    for members in np.split(by_group, borders):
        of_group = _shortest(words[members])
        of_group[:, :2] = members[of_group[:, :2]]
        links.append(of_group)
    return np.concatenate(links)


def _shortest(words: UInt64[np.ndarray, "N 4"]) -> Int64[np.ndarray, "L 3"]:
    """Link the rows that hang together by the shortest near pairs.

    The row nearest to those reached so far is reached next (Prim, "Shortest connection
    networks and some generalizations", 1957).
    """
    outside = np.arange(len(words))[1:]
    words_left = words[1:].copy()
    nearest = np.full(len(outside), 2 * MOST_DIFFERENT)
    origin = np.zeros(len(outside), dtype=np.int64)
    links, row, word = [], 0, words[:1]
    while len(outside):
        distances = bits_apart(words_left, word)
        is_nearer = distances < nearest
        nearest[is_nearer], origin[is_nearer] = distances[is_nearer], row
        at = int(nearest.argmin())
        row, word = int(outside[at]), words_left[at : at + 1].copy()
        if nearest[at] <= MOST_DIFFERENT:
            links.append((int(origin[at]), row, int(nearest[at])))
        for left in (outside, nearest, origin, words_left):
            left[at] = left[-1]
        outside, nearest, origin = outside[:-1], nearest[:-1], origin[:-1]
        words_left = words_left[:-1]
    return np.array(links, dtype=np.int64).reshape(-1, 3)


def _distinct(
    rows: UInt8[np.ndarray, "N B"],
) -> tuple[Int64[np.ndarray, " D"], Int64[np.ndarray, " N"]]:
    """First place of every distinct row, and which of those each row is."""
    if not len(rows):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing
    whole = np.ascontiguousarray(rows).view(f"V{rows.shape[1]}")[:, 0]
    _, first, kind_of = np.unique(whole, return_index=True, return_inverse=True)
    return first, kind_of


def _links(kind_of: Int[np.ndarray, " N"]) -> Int64[np.ndarray, "L 2"]:
    """Pairs that chain the rows of each kind."""
    order = np.argsort(kind_of, kind="stable")
    is_same = kind_of[order][1:] == kind_of[order][:-1]
    return np.stack([order[:-1][is_same], order[1:][is_same]], axis=1)
