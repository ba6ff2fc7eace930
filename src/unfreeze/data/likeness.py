"""Which photos show the same thing in different files, found once and handed on."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int, Int64, UInt8

from unfreeze.data.forest import groups_from_pairs
from unfreeze.data.near_links import near_links

__all__ = ["Likeness", "copy_groups", "exact_groups", "look_alikes"]

_BITS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Pairs of rows that show the same photo in different files.

    Not all of them: as many as it takes to hold groups together.
    """

    pairs: Int64[np.ndarray, "P 2"]
    scores: Float64[np.ndarray, " P"]
    """How sure that is, 0 to 1."""

    def joined(self, other: "Likeness") -> "Likeness":
        """The pairs of both."""
        return Likeness(
            np.concatenate([self.pairs, other.pairs]),
            np.concatenate([self.scores, other.scores]),
        )

    def taken(
        self,
        rows: Int[np.ndarray, " M"],
        digests: UInt8[np.ndarray, "N 16"],
        hashes: UInt8[np.ndarray, "N 32"],
    ) -> "Likeness":
        """The pairs among some rows, numbered by their place in ``rows``.

        A group that loses a photo may have hung together by it alone; what is left of
        such a group is searched again.

        Args:
            rows: Row numbers, in any order, each once.
            digests: Hash of the content of every photo's file, also of those not taken.
            hashes: Perceptual hash of every photo, likewise.
        """
        groups = copy_groups(digests, self)
        is_taken = np.zeros(len(digests), dtype=bool)
        is_taken[rows] = True
        is_torn = np.isin(groups, groups[~is_taken])
        is_whole = ~is_torn[self.pairs[:, 0]]
        again = np.flatnonzero(is_taken & is_torn)
        found = look_alikes(digests[again], hashes[again])
        kept = Likeness(self.pairs[is_whole], self.scores[is_whole])
        kept = kept.joined(Likeness(again[found.pairs], found.scores))
        place = np.zeros(len(digests), dtype=np.int64)
        place[rows] = np.arange(len(rows))
        return Likeness(place[kept.pairs], kept.scores)


def look_alikes(
    digests: UInt8[np.ndarray, "N 16"], hashes: UInt8[np.ndarray, "N 32"]
) -> Likeness:
    """Find the photos whose perceptual hashes nearly agree, one of each equal files.

    Args:
        digests: Hash of the content of each photo's file.
        hashes: Perceptual hash of each photo.
    """
    _, firsts = np.unique(exact_groups(digests), return_index=True)
    pairs, distances = near_links(hashes[firsts])
    return Likeness(firsts[pairs], 1 - distances / _BITS)


def copy_groups(
    digests: UInt8[np.ndarray, "N 16"], likeness: Likeness
) -> Int64[np.ndarray, " N"]:
    """Number the rows so that equal files and near-duplicates share a number.

    Similarity is carried on: what looks like a photo that looks like a third is in
    one group with both.

    Returns:
        Group of each row, counted from 0 in the order of first appearance.
    """
    exact = exact_groups(digests)
    _, firsts = np.unique(exact, return_index=True)
    links = np.stack([firsts[exact], np.arange(len(exact))], axis=1)
    return groups_from_pairs(len(exact), np.concatenate([likeness.pairs, links]))


def exact_groups(digests: UInt8[np.ndarray, "N 16"]) -> Int64[np.ndarray, " N"]:
    """Number the rows so that equal files share a number, in order of appearance."""
    known: dict[bytes, int] = {}
    numbers = [known.setdefault(each.tobytes(), len(known)) for each in digests]
    return np.array(numbers, dtype=np.int64)
