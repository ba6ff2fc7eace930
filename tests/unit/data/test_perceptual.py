"""Mirrors src/unfreeze/data/perceptual.py."""

import numpy as np
import pytest

from unfreeze.data.perceptual import bits_apart, hash_words, perceptual_hash


def _picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
    return np.kron(coarse, np.ones((4, 4), dtype=np.uint8))


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


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_picture_of_stripes_or_of_nothing_has_no_bits(is_turned: bool) -> None:
    stripes = np.tile(np.arange(32, dtype=np.uint8) % 5 * 50, (32, 1))
    flat = np.full((32, 32), 200, dtype=np.uint8)

    assert not perceptual_hash(stripes.T if is_turned else stripes).any()
    assert not perceptual_hash(flat).any()


def test_bits_apart_are_those_that_a_loop_over_both_ways_counts() -> None:
    """To mirror is to turn every other bit, the first one of a hash included."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 256, (30, 32), dtype=np.uint8)
    bits = np.unpackbits(hashes, axis=1).astype(int)
    turned = bits.copy()
    turned[:, ::2] ^= 1

    words = hash_words(hashes)

    expected = [
        [min((one != bits[at]).sum(), (one != turned[at]).sum()) for at in range(30)]
        for one in bits
    ]
    np.testing.assert_array_equal(bits_apart(words[:, None], words), expected)


def test_a_mirrored_photo_has_the_same_even_frequencies() -> None:
    picture = _picture(3)
    hashes = np.stack([perceptual_hash(picture), perceptual_hash(picture[:, ::-1])])

    words = hash_words(hashes)

    np.testing.assert_array_equal(words[0, :2], words[1, :2])
    assert (words[0, 2:] != words[1, 2:]).all()
