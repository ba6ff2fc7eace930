"""Find photos that look the same although their files differ.

A photo is described by 256 bits: the signs of the lowest frequencies of a discrete
cosine transform of its small grey picture (Zauner, "Implementation and benchmarking of
perceptual image hash functions", 2010, there with 64 bits). Resizing and compressing
again change a few of the bits; another photo differs in about half of them. Mirroring
a photo turns the sign of every other frequency, so mirrored copies are found as well.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64, Int, Int64, Shaped, UInt8, UInt64

__all__ = [
    "HASH_BYTES",
    "LEAST_CONTRAST",
    "MOST_COMPARED",
    "SIDE",
    "groups_from_pairs",
    "near_links",
    "perceptual_hash",
]

SIDE = 32
"""Side of the small grey picture, in pixels."""

HASH_BYTES = 32

MOST_DIFFERENT = 32
"""Bits, of 256, in which two pictures of the same photo may differ. Measured on four
photo sets: halving the size or saving at JPEG quality 40 changes at most 20 bits,
and the two most similar of 1,925 chest X-rays differ in 46 to 52. Of no two photos of
these sets is one, mirrored, less than 53 bits from the other."""

MOST_COMPARED = 60_000
"""Photos of which every two are compared: about half a minute of work."""

LEAST_CONTRAST = 2.0
"""Standard deviation of grey values, 0-255, below which a picture shows nothing."""

_SILENCE = 1e-3
"""A frequency that is absent counts as negative, whatever rounding leaves of it."""

_MIRRORED = np.uint64(0xAAAAAAAAAAAAAAAA)
"""Bits of odd horizontal frequencies, in a quarter of a hash: 1st, 3rd, 5th, ... of 16
in a row. A wave of odd frequency changes its sign when it is read from the right."""

_FREQUENCIES = 16
_CELLS_AT_ONCE = 2**22
_NO_RANK = np.iinfo(np.int64).max
_SURE_WORDS = 2  # of four: 128 bits of two different photos rarely agree by chance


def _cosines(side: int, count: int) -> Float64[np.ndarray, "count side"]:
    """Rows 1 to ``count`` of the DCT-II; row 0, the mean, says nothing of the motif."""
    waves = np.arange(1, count + 1)[:, None]
    return np.cos(np.pi * (2 * np.arange(side) + 1) * waves / (2 * side))


_COSINES = _cosines(SIDE, _FREQUENCIES)


def perceptual_hash(picture: UInt8[np.ndarray, "32 32"]) -> UInt8[np.ndarray, " 32"]:
    """Describe a small grey picture by 256 bits.

    A picture that shows nothing has no bit set, and is like no other. Neither has one
    that varies in one direction only, such as a barcode: the frequencies of one
    direction are too few to tell pictures apart, and are left out.
    """
    if picture.std() < LEAST_CONTRAST:
        return np.zeros(HASH_BYTES, dtype=np.uint8)
    spectrum = _COSINES @ picture.astype(np.float64) @ _COSINES.T
    return np.packbits(spectrum.ravel() > _SILENCE)


def near_links(
    hashes: UInt8[np.ndarray, "N 32"], most_different: int = MOST_DIFFERENT
) -> tuple[Int64[np.ndarray, "P 2"], Int64[np.ndarray, " P"]]:
    """Find pairs of photos that look the same, as many as hold each group together.

    These are the most similar ones that do, so that the least similar of them tells how
    similar a group is, in whatever order its photos stand. Thousands of photos from a
    fixed camera have millions of near pairs; a group of M photos has M - 1 links.

    Takes a second for ten thousand photos, and grows with their square; so of more than
    60,000 different hashes, only equal ones are found.

    Args:
        hashes: Of each photo. Those without any bit set are left out.
        most_different: Bits in which two may differ, 0 to 256, as they are or with one
            of them mirrored.

    Returns:
        Row numbers of each pair, the lower one first, in ascending order; the number
        of bits in which the two differ.
    """
    rows = np.flatnonzero(hashes.any(axis=1))
    firsts, kind_of = _distinct(hashes[rows])
    equal = _links(kind_of)
    found = [np.concatenate([rows[equal], np.zeros_like(equal[:, :1])], axis=1)]
    if len(firsts) <= MOST_COMPARED:
        kinds = rows[np.sort(firsts)]
        words = np.ascontiguousarray(hashes[kinds]).view(np.uint64)
        links = np.empty((0, 3), dtype=np.int64)
        for near in _near(words, most_different):
            links = np.concatenate([links, near])
            links = links[_forest(len(kinds), links[:, :2], links[:, 2])[1]]
        found.append(np.concatenate([kinds[links[:, :2]], links[:, 2:]], axis=1))
    every = np.concatenate(found)
    every = every[np.lexsort((every[:, 1], every[:, 0]))]
    return every[:, :2], every[:, 2]


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
    root, _ = _forest(count, pairs, np.zeros(len(pairs), dtype=np.int64))
    return np.unique(root, return_inverse=True)[1].astype(np.int64)


def _forest(
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


def _near(
    words: UInt64[np.ndarray, "N 4"], most_different: int
) -> Iterator[Int64[np.ndarray, "M 3"]]:
    """Yield row, later row and distance of near pairs, block after block."""
    block = max(1, _CELLS_AT_ONCE // max(1, len(words)))
    for start in range(0, len(words), block):
        stop = min(start + block, len(words))
        near = _least_distances(words[start:stop], words[start:]) <= most_different
        first, second = np.nonzero(near)
        is_pair = first < second
        first, second = first[is_pair] + start, second[is_pair] + start
        unequal = words[first] ^ words[second]
        different = np.minimum(_sum_of_bits(unequal), _sum_of_bits(unequal ^ _MIRRORED))
        kept = different <= most_different
        yield np.stack([first, second, different], axis=1)[kept]


def _least_distances(
    left: UInt64[np.ndarray, "L 4"], right: UInt64[np.ndarray, "R 4"]
) -> Shaped[np.ndarray, "L R"]:
    """Bits that differ in the first words, mirrored or not: never more than in all."""
    plain = np.zeros((len(left), len(right)), dtype=np.uint8)
    mirrored = np.zeros_like(plain)
    for word in range(_SURE_WORDS):
        unequal = left[:, None, word] ^ right[None, :, word]
        plain += np.bitwise_count(unequal)
        mirrored += np.bitwise_count(unequal ^ _MIRRORED)
    return np.minimum(plain, mirrored, out=plain)


def _sum_of_bits(words: UInt64[np.ndarray, "M 4"]) -> Int64[np.ndarray, " M"]:
    return np.bitwise_count(words).sum(axis=1, dtype=np.int64)
