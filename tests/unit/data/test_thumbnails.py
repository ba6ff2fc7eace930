"""Mirrors src/unfreeze/data/thumbnails.py."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfreeze.data.thumbnails import picture_uri, thumbnail, thumbnail_or_none
from unfreeze.errors import ImageError


def read(uri: str) -> Image.Image:
    kind, content = uri.split(",")
    assert kind == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_the_shorter_side_is_as_asked(tmp_path: Path) -> None:
    Image.new("RGB", (400, 300), "red").save(tmp_path / "a.png")

    assert read(thumbnail(tmp_path / "a.png", 96)).size == (128, 96)


def test_a_strip_shows_its_middle() -> None:
    strip = np.zeros((20, 1000, 3), dtype=np.uint8)
    strip[:, 400:600] = 255

    picture = read(thumbnail(strip, 10))

    assert picture.size == (20, 10)
    assert np.asarray(picture).mean() > 250


def test_a_lower_quality_is_smaller() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)

    assert len(picture_uri(noise, 40)) < len(picture_uri(noise, 90))


def test_a_file_that_is_gone_or_damaged_has_no_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff nothing more")

    assert thumbnail_or_none(tmp_path / "a.jpg") is None
    assert thumbnail_or_none(tmp_path / "gone.jpg") is None
    with pytest.raises(ImageError):
        thumbnail(tmp_path / "a.jpg")
