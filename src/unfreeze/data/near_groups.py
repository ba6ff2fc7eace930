"""Group very many perceptual hashes without comparing every two of them.

The bits are dealt into 11 bands. Two hashes that differ in at most 32 bits differ in at
most 2 within one of the bands, since 11 times 3 would be 33. So only rows with equal
bands are compared, then those with bands that differ in 1 bit, then in 2: all near
pairs are among them, and of other pairs less than one in a thousand where hashes are
random (Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index
hashing", 2012). Rows that hang together already are not compared again, so that many
photos of one thing cost little.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Int32, Int64, UInt32, UInt64

from unfreeze.data.forest import least_forest
from unfreeze.data.perceptual import MOST_DIFFERENT, bits_apart

__all__ = ["near_groups"]

_BANDS = 11
_WORD = 64
_HALF = 128  # bits of even frequencies, and of odd ones
_PAIRS_AT_ONCE = 2**20
_STALE = 0.01
"""Share of the rows that may have joined others before bands are sorted again."""


def near_groups(
    words: UInt64[np.ndarray, "N 4"],
) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, "L 3"]]:
    """Find which hashes hang together by near pairs.

    Takes about two minutes for a million random hashes on one core, and 250 MB. Many
    hashes that all differ in about 32 bits take several times as long: few of them are
    near, and all are looked at.

    Args:
        words: From ``hash_words``, no two rows equal.

    Returns:
        Group of each row, counted from 0 in the order of first appearance; pairs that
        hold the groups together: two rows, and the bits in which they differ.
    """
    search = _Search(words)
    for weight in range(MOST_DIFFERENT // _BANDS + 1):
        for band in range(_BANDS):
            search.join(band, weight)
    groups = np.unique(search.groups, return_inverse=True)[1]
    return groups.astype(np.int64), search.links


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Rows sorted by their band, then by their group so far.

    A run is of one band and one group; a bucket is of one band.
    """

    rows: Int64[np.ndarray, " N"]
    starts: Int64[np.ndarray, " R"]
    """Place in ``rows`` of the first of each run."""

    sizes: Int64[np.ndarray, " R"]
    groups: Int64[np.ndarray, " R"]
    keys: UInt32[np.ndarray, " B"]
    """Band of each bucket, ascending."""

    firsts: Int64[np.ndarray, " B"]
    """Its first run."""

    counts: Int64[np.ndarray, " B"]
    """Its number of runs."""

    bucket_of: Int32[np.ndarray, " K"]
    """Bucket of every possible key; -1 where there is none."""


class _Search:
    """Groups of hashes while they are being found.

    Args:
        words: From ``hash_words``.
    """

    def __init__(self, words: UInt64[np.ndarray, "N 4"]) -> None:
        self._words = words
        self.groups = np.arange(len(words))
        self._links = [np.empty((0, 3), dtype=np.int64)]

    @property
    def links(self) -> Int64[np.ndarray, "L 3"]:
        """Pairs that hold the groups together."""
        return np.concatenate(self._links)

    def join(self, band: int, weight: int) -> None:
        """Join near rows whose bands differ in ``weight`` bits."""
        keys = _keys(self._words, band)
        order = np.lexsort((self.groups, keys))
        self._compare(order[:-1], order[1:])  # at little cost, much of what is alike
        runs, joined = None, 0
        for mask in _masks(band, weight):
            if runs is None or joined > _STALE * len(self._words):
                runs, joined = _runs(keys, self.groups, _width(band)), 0
            for left, right in _paired_rows(runs, mask):
                joined += self._compare(left, right)

    def _compare(
        self, left: Int64[np.ndarray, " M"], right: Int64[np.ndarray, " M"]
    ) -> int:
        """Join the groups of pairs that are near; count those that joined."""
        is_apart = self.groups[left] != self.groups[right]
        left, right = left[is_apart], right[is_apart]
        distances = bits_apart(self._words[left], self._words[right])
        is_near = distances <= MOST_DIFFERENT
        if not is_near.any():
            return 0
        found = np.stack([left, right, distances], axis=1)[is_near]
        known, ends = np.unique(self.groups[found[:, :2]], return_inverse=True)
        root, chosen = least_forest(len(known), ends.reshape(-1, 2), found[:, 2])
        renamed = np.arange(len(self.groups))
        renamed[known] = known[root]
        self.groups = renamed[self.groups]
        self._links.append(found[chosen])
        return len(chosen)


def _bits_of(band: int) -> tuple[range, range]:
    """Positions of the even and the odd bits of a band, among 128 each."""
    return range(band, _HALF, _BANDS), range(_BANDS - 1 - band, _HALF, _BANDS)


def _width(band: int) -> int:
    """Bits of the key of a band."""
    even, odd = _bits_of(band)
    return len(even) + len(odd) - 1


def _keys(words: UInt64[np.ndarray, "N 4"], band: int) -> UInt32[np.ndarray, " N"]:
    """Bits of one band as a number, the same for a photo and its mirrored copy.

    Mirroring turns all odd bits: they are turned so that the first one, which is then
    left out, is not set.
    """
    even, odd = _bits_of(band)
    first = _bit(words[:, 2:], odd[0])
    bits = [_bit(words[:, :2], at) for at in even]
    bits += [_bit(words[:, 2:], at) ^ first for at in odd[1:]]
    keys = np.zeros(len(words), dtype=np.uint32)
    for place, bit in enumerate(bits):
        keys |= bit << np.uint32(place)
    return keys


def _bit(words: UInt64[np.ndarray, "N 2"], at: int) -> UInt32[np.ndarray, " N"]:
    shifted = words[:, at // _WORD] >> np.uint64(at % _WORD)
    return (shifted & np.uint64(1)).astype(np.uint32)


def _masks(band: int, weight: int) -> list[int]:
    """How the keys of two bands differ that differ in ``weight`` bits."""
    even, _ = _bits_of(band)
    width = _width(band)
    turned = sum(1 << place for place in range(len(even), width))
    bits = [1 << place for place in range(width)]
    masks = [sum(chosen) for chosen in combinations(bits, weight)]
    if weight:  # one of them the odd bit that is left out, by which the others turn
        masks += [sum(some) ^ turned for some in combinations(bits, weight - 1)]
    return masks


def _runs(
    keys: UInt32[np.ndarray, " N"], groups: Int64[np.ndarray, " N"], width: int
) -> _Runs:
    rows = np.lexsort((groups, keys))
    keys, groups = keys[rows], groups[rows]
    is_start = np.ones(len(rows), dtype=bool)
    is_start[1:] = (keys[1:] != keys[:-1]) | (groups[1:] != groups[:-1])
    starts = np.flatnonzero(is_start)
    of_buckets, firsts, counts = np.unique(
        keys[starts], return_index=True, return_counts=True
    )
    bucket_of = np.full(1 << width, -1, dtype=np.int32)
    bucket_of[of_buckets] = np.arange(len(of_buckets))
    sizes = np.diff(starts, append=len(rows))
    return _Runs(
        rows, starts, sizes, groups[starts], of_buckets, firsts, counts, bucket_of
    )


def _paired_rows(
    runs: _Runs, mask: int
) -> Iterator[tuple[Int64[np.ndarray, " M"], Int64[np.ndarray, " M"]]]:
    """Yield the rows of buckets whose keys differ by ``mask``, unless in one group."""
    for left, right in _paired_runs(runs, mask):
        sizes = runs.sizes
        for pair, first, second in _products(sizes[left], sizes[right]):
            yield (
                runs.rows[runs.starts[left[pair]] + first],
                runs.rows[runs.starts[right[pair]] + second],
            )


def _paired_runs(
    runs: _Runs, mask: int
) -> Iterator[tuple[Int64[np.ndarray, " M"], Int64[np.ndarray, " M"]]]:
    if mask:
        others = runs.keys ^ np.uint32(mask)
        lower = np.flatnonzero(others > runs.keys)  # each two buckets once
        upper = runs.bucket_of[others[lower]]
        lower, upper = lower[upper >= 0], upper[upper >= 0]
    else:
        lower = upper = np.flatnonzero(runs.counts > 1)
    counts = runs.counts
    for pair, first, second in _products(counts[lower], counts[upper]):
        left = runs.firsts[lower[pair]] + first
        right = runs.firsts[upper[pair]] + second
        is_wanted = runs.groups[left] != runs.groups[right]
        if not mask:
            is_wanted &= left < right
        yield left[is_wanted], right[is_wanted]


def _products(
    counts: Int64[np.ndarray, " P"], others: Int64[np.ndarray, " P"]
) -> Iterator[
    tuple[Int64[np.ndarray, " M"], Int64[np.ndarray, " M"], Int64[np.ndarray, " M"]]
]:
    """Yield every pair of a place below ``counts`` and one below ``others``, in blocks.

    Yields:
        Positions in ``counts``, and both places.
    """
    sizes = counts * others
    ends = np.cumsum(sizes)
    total = int(sizes.sum())
    for start in range(0, total, _PAIRS_AT_ONCE):
        stop = min(start + _PAIRS_AT_ONCE, total)
        first, last = np.searchsorted(ends, [start, stop - 1], side="right")
        inner = np.arange(first, last + 1)
        begins = ends[inner] - sizes[inner]
        shown = np.minimum(ends[inner], stop) - np.maximum(begins, start)
        place = np.arange(start, stop) - np.repeat(begins, shown)
        position = np.repeat(inner, shown)
        yield position, *np.divmod(place, others[position])
