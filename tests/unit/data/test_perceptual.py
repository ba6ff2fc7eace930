"""Mirrors src/unfreeze/data/perceptual.py."""

import numpy as np
import pytest

from unfreeze.data import perceptual
from unfreeze.data.perceptual import (
    groups_from_pairs,
    near_links,
    perceptual_hash,
)


def _picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
    return np.kron(coarse, np.ones((4, 4), dtype=np.uint8))


def _flipped(hashed: np.ndarray, count: int) -> np.ndarray:
    bits = np.unpackbits(hashed)
    bits[:count] ^= 1
    return np.packbits(bits)


def test_bits_are_the_signs_of_the_cosine_transform_of_scipy() -> None:
    fft = pytest.importorskip("scipy.fft")
    picture = _picture(0)

    expected = fft.dctn(picture.astype(float), type=2)[1:17, 1:17] > 1e-3

    np.testing.assert_array_equal(
        np.unpackbits(perceptual_hash(picture)), expected.ravel()
    )


def test_brightness_and_contrast_change_nothing() -> None:
    picture = _picture(1)

    darker = (picture // 2 + 20).astype(np.uint8)

    different = np.unpackbits(perceptual_hash(picture) ^ perceptual_hash(darker)).sum()
    assert different <= 8


def test_an_empty_picture_is_like_no_other() -> None:
    blank = perceptual_hash(np.full((32, 32), 200, dtype=np.uint8))

    pairs, _ = near_links(np.stack([blank, blank]))

    assert len(pairs) == 0


def test_links_hold_together_what_a_loop_over_all_pairs_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("unfreeze.data.perceptual._CELLS_AT_ONCE", 300)
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
    pairs, distances = near_links(base, 32)

    links = [(first, second) for first, second in pairs.tolist()]
    assert [near[link] for link in links] == distances.tolist()
    assert links == sorted(links)
    expected = groups_from_pairs(60, np.array(list(near)))
    np.testing.assert_array_equal(groups_from_pairs(60, pairs), expected)
    assert len(near) > 20
    assert len(links) == 60 - len(set(expected.tolist()))


def test_links_are_the_least_spanning_forest_of_scipy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = pytest.importorskip("scipy.sparse.csgraph")
    monkeypatch.setattr("unfreeze.data.perceptual._CELLS_AT_ONCE", 500)
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


def test_groups_are_the_connected_components_of_scipy() -> None:
    graph = pytest.importorskip("scipy.sparse.csgraph")
    sparse = pytest.importorskip("scipy.sparse")
    pairs = np.random.default_rng(8).integers(0, 200, (120, 2))

    matrix = sparse.coo_matrix((np.ones(120), pairs.T), shape=(200, 200))
    _, expected = graph.connected_components(matrix, directed=False)

    found = groups_from_pairs(200, pairs)
    same = lambda numbers: numbers[:, None] == numbers[None, :]  # noqa: E731
    np.testing.assert_array_equal(same(found), same(expected))
    firsts = [found.tolist().index(group) for group in range(found.max() + 1)]
    assert firsts == sorted(firsts)


def test_of_very_many_photos_equal_hashes_are_linked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashes = np.random.default_rng(0).integers(0, 256, (6, 32), dtype=np.uint8)
    hashes[4] = hashes[1]
    hashes[5] = hashes[1]
    hashes[2] = hashes[0] ^ np.eye(1, 32, dtype=np.uint8)[0]  # nearly equal
    monkeypatch.setattr(perceptual, "MOST_COMPARED", 3)

    pairs, distances = near_links(hashes)

    assert pairs.tolist() == [[1, 4], [4, 5]]
    assert distances.tolist() == [0, 0]
