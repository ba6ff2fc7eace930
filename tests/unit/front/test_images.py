"""Mirrors src/unfreeze/front/images.py."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfreeze.errors import ImageError
from unfreeze.front.images import open_image


def test_a_photo_becomes_rgb_from_0_to_1(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")

    image = open_image(str(tmp_path / "x.png"))

    assert image.dtype == np.float32
    assert np.array_equal(np.round(image * 255), pixels)


def test_what_is_no_photo_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"text")

    with pytest.raises(ImageError):
        open_image(tmp_path / "x.jpg")
