"""Mirrors src/unfreeze/data/pillow/formats.py; seen through the door."""

import zlib

import pytest
from PIL import Image

from tests.unit.data.pictures import (
    file_content,
    noisy_photo,
    rle_bmp,
    tiff_of_strips,
)
from unfreeze.data.decode import read_header, read_pixels
from unfreeze.errors import ImageError


def test_formats_that_run_other_programs_are_not_tried() -> None:
    content = file_content(Image.new("RGB", (4, 4)), "EPS")

    with pytest.raises(ImageError, match=r"not an image in a format"):
        read_pixels(content)


@pytest.mark.parametrize(
    ("content", "is_slow"),
    [
        (file_content(noisy_photo(), "QOI"), True),
        (b"P6 2 1 254 " + bytes(6), True),
        (b"P6 2 1 255 " + bytes(6), False),
        (b"P3 1 1 255 1 2 3 ", True),
        (rle_bmp(8), True),
        (file_content(noisy_photo(), "BMP"), False),
        (file_content(noisy_photo(), "TIFF"), False),
    ],
    ids=["QOI", "PPM scaled", "PPM", "PPM plain", "BMP packed", "BMP", "TIFF"],
)
def test_what_pillow_decodes_in_python_is_known_beforehand(
    content: bytes, is_slow: bool
) -> None:
    assert read_header(content).is_slow is is_slow


EMPTY_CHUNK = bytes(4) + b"noNe" + zlib.crc32(b"noNe").to_bytes(4, "big")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff\xfe\0\2" * 100_000,
        file_content(noisy_photo())[:33] + EMPTY_CHUNK * 50_000,
        b"GIF89a" + bytes(7) + b"!\xfe\1a\0" * 100_000,
        b"P6 #" + b"#" * 400_000,
        tiff_of_strips(300_000),
    ],
    ids=["JPEG", "PNG", "GIF", "PPM", "TIFF"],
)
def test_files_of_crumbs_are_refused_before_they_take_long(content: bytes) -> None:
    with pytest.raises(ImageError, match="save it anew"):
        read_header(content)


def test_a_tiff_of_many_strips_is_read() -> None:
    assert read_pixels(tiff_of_strips(3_000)).shape == (3_000, 20, 3)
