"""Mirrors src/unfreeze/data/near_groups.py."""

import numpy as np
import pytest

from unfreeze.data import near_groups as near_groups_file
from unfreeze.data.forest import groups_from_pairs
from unfreeze.data.near_groups import near_groups
from unfreeze.data.perceptual import bits_apart, hash_words


def hashes_around(num_centres: int, count: int, most: int, seed: int) -> np.ndarray:
    """Different hashes with up to ``most`` bits turned, a third of them mirrored."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2, (num_centres, 256), dtype=np.uint8)
    bits = centres[rng.integers(0, num_centres, count)]
    for row, number in zip(bits, rng.integers(0, most, count), strict=True):
        row[rng.permutation(256)[:number]] ^= 1
    hashes = np.packbits(bits, axis=1)
    hashes[rng.random(count) < 1 / 3] ^= np.uint8(0xAA)
    return np.unique(hashes, axis=0)


@pytest.mark.parametrize(
    ("num_centres", "most"), [(60, 40), (1, 24), (1, 60), (200, 33)]
)
@pytest.mark.parametrize("pairs_at_once", [97, 2**20])
def test_groups_are_those_of_a_comparison_of_all_pairs(
    monkeypatch: pytest.MonkeyPatch, num_centres: int, most: int, pairs_at_once: int
) -> None:
    monkeypatch.setattr(near_groups_file, "_PAIRS_AT_ONCE", pairs_at_once)
    words = hash_words(hashes_around(num_centres, 500, most, seed=num_centres))
    distances = bits_apart(words[:, None], words)
    near = np.argwhere(np.triu(distances <= 32, 1))

    groups, links = near_groups(words)

    expected = groups_from_pairs(len(words), near)
    np.testing.assert_array_equal(groups, expected)
    np.testing.assert_array_equal(groups_from_pairs(len(words), links[:, :2]), expected)
    assert len(links) == len(words) - expected.max() - 1
    np.testing.assert_array_equal(distances[links[:, 0], links[:, 1]], links[:, 2])
    assert links[:, 2].max() <= 32


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("has_first_odd_bit", [False, True])
def test_the_pairs_that_are_hardest_to_find_are_found(
    has_first_odd_bit: bool, is_mirrored: bool
) -> None:
    """3 bits differ in each of ten bands, and 2 in one, by which the pair is found."""
    rng = np.random.default_rng(0)
    left = rng.integers(0, 2, (220, 256))
    right = left.copy()
    for number, row in enumerate(right):
        for band in range(11):
            even, odd = near_groups_file._bits_of(band)
            rest = rng.permutation([*even, *(128 + at for at in odd[1:])])
            chosen = [128 + odd[0], *rest] if has_first_odd_bit else rest
            row[chosen[: 2 if band == number % 11 else 3]] ^= 1
    right[:, 128:] ^= is_mirrored
    bits = np.concatenate([left, right]).astype(np.uint8)
    words = np.packbits(bits, axis=1, bitorder="little").view(np.dtype("<u8"))

    groups, _ = near_groups(words)

    assert groups.tolist() == [*range(220), *range(220)]


def test_each_bit_is_in_one_band() -> None:
    bands = [near_groups_file._bits_of(band) for band in range(11)]

    for half in (0, 1):
        assert sorted(at for band in bands for at in band[half]) == list(range(128))


def test_pairs_that_differ_in_33_bits_are_left_apart() -> None:
    rng = np.random.default_rng(6)
    left = rng.integers(0, 256, (50, 32), dtype=np.uint8)
    bits = np.unpackbits(left, axis=1)
    for row in bits:
        row[rng.permutation(256)[:33]] ^= 1

    groups, links = near_groups(
        hash_words(np.concatenate([left, np.packbits(bits, axis=1)]))
    )

    assert len(np.unique(groups)) == 100
    assert links.shape == (0, 3)
