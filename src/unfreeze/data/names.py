"""The file names of a folder as one text, and their byte order, many at once.

Python sorts by comparing names two at a time. Here six bytes of each name, from the
first in which the names of its folder differ, become a number, and numpy sorts the
numbers. Names with equal numbers are sorted by the bytes that follow, and so on.
"""

import os
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int64, Shaped, UInt64

__all__ = ["END", "joined", "name_starts", "parted", "sorted_starts"]

END = b"\0"
"""Follows each name: the one byte, besides the slash, that no file name can hold."""

_ENOUGH = 2**17  # bytes of text to sort at once: more do not fit in a fast cache
_WORD = 8  # bytes that are read at once
_MOST_USED = 6  # of these; the number of a group needs room, too
_SHIFTS = np.arange(0, 64, 8, dtype=np.uint64)
"""A word that begins with ``k`` zero bytes becomes 0 by ``k`` of these."""


def joined(names: Sequence[str]) -> bytes:
    """Make one text of file names, each followed by :data:`END`."""
    return os.fsencode("\0".join(names) + "\0") if names else b""


def parted(text: bytes) -> list[bytes]:
    """List the names in a :func:`joined` text."""
    return text.split(END)[:-1]


def name_starts(text: bytes) -> Int64[np.ndarray, " N"]:
    """Where each name in a :func:`joined` text starts, in the order of the text."""
    return _starts(_stops(text))


def sorted_starts(
    texts: Sequence[bytes],
) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, " folders"]]:
    """Where each name starts in the text of its folder, in byte order.

    Args:
        texts: The :func:`joined` names of each folder, at least one in each.

    Returns:
        The starts, folder after folder and sorted within each; how many each has.
    """
    none = np.zeros(0, dtype=np.int64)
    parts = [_sorted_batch(batch) for batch in _batches(texts)] or [(none, none)]
    if len(parts) == 1:  # perhaps of a million names: no need to copy them
        return parts[0]
    starts, counts = zip(*parts, strict=True)
    return np.concatenate(starts), np.concatenate(counts)


def _batches(texts: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _ENOUGH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _sorted_batch(
    texts: Sequence[bytes],
) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, " folders"]]:
    """Do the work of :func:`sorted_starts` for a few folders."""
    text = b"".join(texts)
    stops = _stops(text)
    starts = _starts(stops)
    lengths = np.array([len(each) for each in texts])
    bases = np.cumsum(lengths) - lengths
    firsts = np.searchsorted(starts, bases)
    counts = np.diff(firsts, append=len(starts))
    starts = starts[_order(text + bytes(_WORD), starts, stops, firsts)]
    starts -= _spread(bases, counts)
    return starts, counts


def _order(
    text: bytes,
    starts: Int64[np.ndarray, " N"],
    stops: Int64[np.ndarray, " N"],
    firsts: Int64[np.ndarray, " groups"],
) -> Int64[np.ndarray, " N"]:
    """Sort the rows of each group by the bytes from ``starts`` to ``stops``.

    Args:
        text: Has a zero byte at each stop, so that a name comes before those that it
            begins, whatever follows; and goes on for another word after the last.
        starts: Where the bytes to sort by begin, for each row.
        stops: Where they end.
        firsts: First row of each group.
    """
    used = min(_MOST_USED, (64 - (len(firsts) - 1).bit_length()) // 8)
    ranks, starts = _ranks(text, starts, stops, firsts, used)
    order = np.argsort(ranks)
    ranks = ranks[order]
    is_new = np.append(True, ranks[1:] != ranks[:-1])
    if is_new.all():
        return order
    is_tied = ~(is_new & np.append(is_new[1:], True))
    rows = order[is_tied]
    stops = stops[rows]
    starts = np.minimum(starts[rows] + used, stops)
    if (starts < stops).any():
        firsts = np.flatnonzero(is_new[is_tied])
        order[is_tied] = rows[_order(text, starts, stops, firsts)]
    return order


def _ranks(
    text: bytes,
    starts: Int64[np.ndarray, " N"],
    stops: Int64[np.ndarray, " N"],
    firsts: Int64[np.ndarray, " groups"],
    used: int,
) -> tuple[UInt64[np.ndarray, " N"], Int64[np.ndarray, " N"]]:
    """Number the rows by their group, then by ``used`` bytes.

    Returns:
        The numbers, and where in the text the ``used`` bytes begin: behind those that
        all names of a group share.
    """
    words = np.ndarray((len(text) - _WORD + 1,), ">u8", text, strides=(1,))
    counts = np.diff(firsts, append=len(starts))
    left = np.minimum.reduceat(stops - starts, firsts)
    while True:
        numbers = words[starts].astype(np.uint64)
        differing = numbers ^ _spread(numbers[firsts], counts)
        differing = np.bitwise_or.reduceat(differing, firsts)
        alike = np.minimum((differing[:, None] >> _SHIFTS == 0).sum(axis=1), left)
        skipped = _spread(alike, counts)
        starts = starts + skipped
        if alike.max() <= _WORD - used:
            break
        left -= alike
    numbers <<= 8 * skipped.astype(np.uint64)
    groups = np.arange(len(firsts), dtype=np.uint64) << (8 * used)
    return numbers >> (8 * (_WORD - used)) | _spread(groups, counts), starts


def _spread(
    values: Shaped[np.ndarray, " groups"], counts: Int64[np.ndarray, " groups"]
) -> Shaped[np.ndarray, " N_or_1"]:
    """Give every row the value of its group; that of a single group broadcasts."""
    return values if len(values) == 1 else np.repeat(values, counts)


def _stops(text: bytes) -> Int64[np.ndarray, " N"]:
    return np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == END[0])


def _starts(stops: Int64[np.ndarray, " N"]) -> Int64[np.ndarray, " N"]:
    starts = np.zeros_like(stops)
    starts[1:] = stops[:-1] + 1
    return starts
