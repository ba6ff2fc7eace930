"""Mirrors src/unfreeze/data/near_links.py."""

import numpy as np
import pytest

from unfreeze.data import near_links as near_links_file
from unfreeze.data.forest import groups_from_pairs
from unfreeze.data.near_links import near_links
from unfreeze.data.perceptual import perceptual_hash


def _picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
    return np.kron(coarse, np.ones((4, 4), dtype=np.uint8))


def _flipped(hashed: np.ndarray, count: int) -> np.ndarray:
    bits = np.unpackbits(hashed)
    bits[:count] ^= 1
    return np.packbits(bits)


def test_an_empty_picture_is_like_no_other() -> None:
    blank = perceptual_hash(np.full((32, 32), 200, dtype=np.uint8))

    pairs, _ = near_links(np.stack([blank, blank]))

    assert len(pairs) == 0


def test_links_hold_together_what_a_loop_over_all_pairs_does() -> None:
    rng = np.random.default_rng(2)
    base = rng.integers(0, 256, (60, 32), dtype=np.uint8)
    base[::7] = _flipped(base[0], 20)
    base[::11] = _flipped(base[1], 33)
    bits = np.unpackbits(base, axis=1).astype(int)

    near = {
        (i, j): int(abs(bits[i] - bits[j]).sum())
        for i in range(60)
        for j in range(i + 1, 60)
        if abs(bits[i] - bits[j]).sum() <= 32
    }
    pairs, distances = near_links(base)

    links = [(first, second) for first, second in pairs.tolist()]
    assert [near[link] for link in links] == distances.tolist()
    assert links == sorted(links)
    expected = groups_from_pairs(60, np.array(list(near)))
    np.testing.assert_array_equal(groups_from_pairs(60, pairs), expected)
    assert len(near) > 20
    assert len(links) == 60 - len(set(expected.tolist()))


@pytest.mark.parametrize("most_all_by_all", [1000, 10])
def test_links_are_the_least_spanning_forest_of_scipy(
    monkeypatch: pytest.MonkeyPatch, most_all_by_all: int
) -> None:
    """Compared all by all, and searched by bands."""
    graph = pytest.importorskip("scipy.sparse.csgraph")
    monkeypatch.setattr(near_links_file, "_MOST_ALL_BY_ALL", most_all_by_all)
    rng = np.random.default_rng(11)
    hashes = np.stack(
        [
            _flipped(perceptual_hash(_picture(int(kind))), int(count))
            for kind, count in zip(
                rng.integers(0, 5, 120), rng.integers(1, 90, 120), strict=True
            )
        ]
    )
    bits = np.unpackbits(hashes, axis=1).astype(int)
    costs = abs(bits[:, None] - bits[None]).sum(axis=2)

    _, distances = near_links(hashes)

    near = np.where(costs <= 32, costs + 1, 0)  # where 0 is no pair
    expected = graph.minimum_spanning_tree(near).data - 1
    np.testing.assert_array_equal(np.sort(distances), np.sort(expected))
    assert len(distances) > 60


def test_a_mirrored_photo_is_linked_and_one_upside_down_is_not() -> None:
    picture = _picture(5)
    ways = (picture, picture[:, ::-1], picture[::-1])

    pairs, distances = near_links(np.stack([perceptual_hash(each) for each in ways]))

    assert pairs.tolist() == [[0, 1]]
    assert distances[0] <= 16  # an eighth of these squares' frequencies is silent


def test_photos_from_a_fixed_camera_have_a_link_each() -> None:
    noise = np.random.default_rng(9).random((1000, 256)) < 0.03
    hashes = perceptual_hash(_picture(3)) ^ np.packbits(noise, axis=1)

    pairs, distances = near_links(hashes)  # of half a million near pairs

    assert len(pairs) == 999
    assert distances.max() <= 32
    assert not groups_from_pairs(1000, pairs).any()


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_photos_have_no_pairs(count: int) -> None:
    hashes = np.ones((count, 32), dtype=np.uint8)

    pairs, distances = near_links(hashes)

    assert pairs.shape == (0, 2)
    assert distances.shape == (0,)


def test_thousands_of_equal_photos_have_a_link_each() -> None:
    pairs, distances = near_links(np.tile(perceptual_hash(_picture(6)), (5000, 1)))

    assert len(pairs) == 4999
    assert not distances.any()


def test_links_of_a_very_large_group_hold_it_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its shortest links are not looked for; those of the others are."""
    monkeypatch.setattr(near_links_file, "_MOST_ALL_BY_ALL", 10)
    monkeypatch.setattr(near_links_file, "_MOST_OF_GROUP", 50)
    rng = np.random.default_rng(9)
    bases = np.repeat([_picture(3), _picture(4)], [200, 40], axis=0)
    noise = np.packbits(rng.random((240, 256)) < 0.03, axis=1)
    hashes = np.stack([perceptual_hash(each) for each in bases]) ^ noise

    pairs, distances = near_links(hashes)

    groups = groups_from_pairs(240, pairs)
    assert groups.tolist() == [0] * 200 + [1] * 40
    assert (len(pairs), distances.max() <= 32) == (238, True)
    small = pairs[:, 0] >= 200
    _, expected = near_links(hashes[200:])
    assert sorted(distances[small].tolist()) == sorted(expected.tolist())


@pytest.mark.slow
def test_a_hundred_thousand_photos_are_searched_for_copies() -> None:
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 256, (100_000, 32), dtype=np.uint8)
    copies = rng.permutation(100_000)[:2000].reshape(2, 1000)
    noise = np.packbits(rng.random((1000, 256)) < 0.05, axis=1)
    hashes[copies[1]] = hashes[copies[0]] ^ noise
    hashes[copies[1, :500]] ^= np.uint8(0xAA)  # mirrored
    far = np.unpackbits(noise, axis=1).sum(axis=1)

    pairs, distances = near_links(hashes)

    expected = np.sort(copies.T[far <= 32], axis=1)
    assert {*map(tuple, pairs.tolist())} == {*map(tuple, expected.tolist())}
    assert sorted(distances.tolist()) == sorted(far[far <= 32].tolist())
