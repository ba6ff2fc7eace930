"""Mirrors src/unfreeze/data/same_photo.py."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from unfreeze.data.same_photo import SURELY_THE_SAME, agreements


def _photo(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(
                rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
            ).resize((300, 240), Image.Resampling.BICUBIC),
            dtype=float,
        )
        for size in (6, 20, 60)
    ]
    return Image.fromarray(np.mean(layers, axis=0).astype(np.uint8))


def _jpeg(image: Image.Image, quality: int = 90) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: _jpeg(image, 25),
        lambda image: _jpeg(image.resize((150, 120))),
        lambda image: _jpeg(image.resize((240, 240))),
        lambda image: _jpeg(image.crop((30, 20, 260, 220))),
        lambda image: _jpeg(image.crop((0, 0, 220, 240)).resize((300, 240))),
        lambda image: _jpeg(image.convert("L")),
    ],
    ids=["re-encode", "resize", "squeeze", "crop", "crop one side", "grey"],
)
@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_changed_copy_is_surely_the_same(
    changed: Callable[[Image.Image], bytes], num_workers: int
) -> None:
    photos = [_jpeg(_photo(0)), changed(_photo(0))]

    found = agreements(photos.__getitem__, [(0, 1), (1, 0)], num_workers=num_workers)

    assert found.min() > SURELY_THE_SAME


def test_different_photos_are_not_the_same() -> None:
    photos = [_jpeg(_photo(seed)) for seed in range(4)]

    pairs = [(0, 1), (1, 2), (2, 3), (0, 3)]
    assert agreements(photos.__getitem__, pairs, num_workers=0).max() < 0.8


def test_no_pairs_have_no_agreements() -> None:
    assert agreements([].__getitem__, [], num_workers=2).shape == (0,)
