"""Mirrors src/unfreeze/data/likeness.py."""

import numpy as np
import pytest

from unfreeze.data.likeness import Likeness, copy_groups, exact_groups, look_alikes


def hashes_of(*numbers: int) -> np.ndarray:
    """Random hashes, far from each other; the same for the same number."""
    return np.stack(
        [np.random.default_rng(n).integers(0, 256, 32, dtype=np.uint8) for n in numbers]
    )


def digests_of(*numbers: int) -> np.ndarray:
    return np.stack([np.full(16, number, dtype=np.uint8) for number in numbers])


def flipped(hashed: np.ndarray, count: int) -> np.ndarray:
    bits = np.unpackbits(hashed)
    bits[:count] ^= 1
    return np.packbits(bits)


def groups_of(digests: np.ndarray, hashes: np.ndarray) -> list[int]:
    return copy_groups(digests, look_alikes(digests, hashes)).tolist()


def test_similarity_is_carried_on_within_a_group() -> None:
    other, start = hashes_of(4, 3)
    hashes = np.stack([other, start, flipped(start, 50), flipped(start, 25)])

    assert groups_of(digests_of(0, 1, 2, 3), hashes) == [0, 1, 1, 1]


def test_equal_files_share_a_group_whatever_their_hash() -> None:
    assert groups_of(digests_of(7, 8, 7), hashes_of(0, 1, 2)) == [0, 1, 0]
    assert exact_groups(digests_of(7, 8, 7)).tolist() == [0, 1, 0]


def test_photos_that_show_nothing_are_alike_only_as_equal_files() -> None:
    nothing = np.zeros((3, 32), dtype=np.uint8)

    assert groups_of(digests_of(1, 2, 1), nothing) == [0, 1, 0]


def test_pairs_are_of_different_files_and_say_how_sure_they_are() -> None:
    (start,) = hashes_of(3)
    hashes = np.stack([start, start, flipped(start, 16)])

    found = look_alikes(digests_of(1, 1, 2), hashes)

    assert found.pairs.tolist() == [[0, 2]]
    assert found.scores.tolist() == [1 - 16 / 256]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_handed_on_is_what_a_search_among_the_taken_finds(seed: int) -> None:
    """Groups and their weakest links, whichever photos go and in whatever order."""
    rng = np.random.default_rng(seed)
    base = hashes_of(*rng.integers(0, 6, 40).tolist())
    hashes = np.stack([flipped(each, int(rng.integers(0, 60))) for each in base])
    hashes[rng.integers(0, 40, 3)] = 0
    digests = rng.integers(0, 256, (40, 16), dtype=np.uint8)
    for first, again in rng.integers(0, 40, (6, 2)):
        digests[again], hashes[again] = digests[first], hashes[first]
    rows = rng.permutation(40)[: 40 - 2 * (seed % 10)]

    handed_on = look_alikes(digests, hashes).taken(rows, digests, hashes)

    fresh = look_alikes(digests[rows], hashes[rows])
    expected = copy_groups(digests[rows], fresh)
    assert copy_groups(digests[rows], handed_on).tolist() == expected.tolist()
    assert weakest(handed_on, expected) == weakest(fresh, expected)
    assert len(fresh.pairs) > 5


def weakest(likeness: Likeness, groups: np.ndarray) -> dict[int, float]:
    found: dict[int, float] = {}
    for (row, _), score in zip(likeness.pairs, likeness.scores, strict=True):
        group = int(groups[row])
        found[group] = min(found.get(group, 1.0), float(score))
    return found


def test_of_no_photos_none_are_alike() -> None:
    nothing = look_alikes(np.empty((0, 16), np.uint8), np.empty((0, 32), np.uint8))

    assert nothing.pairs.shape == (0, 2)
    assert copy_groups(np.empty((0, 16), np.uint8), nothing).shape == (0,)
