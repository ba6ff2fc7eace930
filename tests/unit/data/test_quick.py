"""Mirrors src/unfreeze/data/quick.py. The oracle is pillow."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.unit.data.pictures import file_content, noisy_photo
from unfreeze.data import quick as module
from unfreeze.data.decode import read_pixels
from unfreeze.data.quick import read_quickly
from unfreeze.errors import ImageError, PlanError
from unfreeze.records import Interpolation

_FILTERS: dict[Interpolation, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


def _photo(width: int = 300, height: int = 200) -> Image.Image:
    return noisy_photo(width, height)


def _content(
    image: Image.Image, file_format: str = "JPEG", **settings: object
) -> bytes:
    return file_content(image, file_format, **settings)


def _assert_all_but_equal(found: np.ndarray, expected: np.ndarray) -> None:
    """Two levels at most, and a fifth of one on average: as rounding differs.

    A shift by a tenth of a pixel makes twice as much, in photos as full of noise.
    """
    assert found.shape == expected.shape
    assert found.dtype == np.uint8
    difference = np.abs(found.astype(int) - expected.astype(int))
    assert difference.max() <= 2
    assert difference.mean() < 0.2


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "box"])
@pytest.mark.parametrize("side", [64, 131, 199, 201, 350])
def test_pixels_are_those_of_pillow_but_for_two_levels(
    interpolation: Interpolation, side: int
) -> None:
    """Smaller and larger."""
    content = _content(_photo(), quality=90)
    decoded = Image.open(io.BytesIO(content))
    expected = decoded.resize((side * 3 // 2, side), _FILTERS[interpolation])

    pixels = read_quickly(content, short_side=side, interpolation=interpolation)

    _assert_all_but_equal(pixels, np.asarray(expected))


@pytest.mark.parametrize("settings", [{}, {"progressive": True}, {"subsampling": 0}])
def test_in_its_own_size_a_jpeg_has_the_very_pixels_of_pillow(
    settings: dict[str, object],
) -> None:
    content = _content(_photo(301, 203), **settings)

    expected = np.asarray(Image.open(io.BytesIO(content)))
    assert np.array_equal(read_quickly(content), expected)


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_other_colours_and_formats_are_read_as_by_read_pixels(
    mode: str, file_format: str
) -> None:
    content = _content(_photo().convert(mode), file_format)

    found = read_quickly(content, short_side=90)

    _assert_all_but_equal(found, read_pixels(content, short_side=90))


def test_a_jpeg_whose_colours_are_stored_as_rgb_keeps_them() -> None:
    content = _content(_photo(), quality=95, keep_rgb=True)

    expected = np.asarray(Image.open(io.BytesIO(content)))
    assert np.array_equal(read_quickly(content), expected)


@pytest.mark.parametrize("size", [(1501, 1003), (1027, 2053), (803, 799)], ids=str)
def test_where_the_reduced_scale_divides_no_side_nothing_shifts(
    size: tuple[int, int],
) -> None:
    content = _content(_photo(*size), quality=95)

    _assert_all_but_equal(
        read_quickly(content, short_side=96, interpolation="bicubic"),
        read_pixels(content, short_side=96, interpolation="bicubic"),
    )


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("short_side", [None, 60])
def test_photos_are_turned_upright(turn: int, short_side: int | None) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    content = _content(_photo(), quality=90, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    if short_side is not None:
        scale = short_side / min(upright.size)
        to = (int(upright.width * scale), int(upright.height * scale))
        upright = upright.resize(to, Image.Resampling.BILINEAR)

    pixels = read_quickly(content, short_side=short_side)

    _assert_all_but_equal(pixels, np.asarray(upright))


def test_squeezing_gives_a_square() -> None:
    content = _content(_photo(), quality=90)

    expected = Image.open(io.BytesIO(content)).resize((120, 120), 2)
    _assert_all_but_equal(read_quickly(content, squash_to=120), np.asarray(expected))


def test_arrays_are_read_and_left_alone() -> None:
    pixels = np.asarray(_photo())
    before = pixels.copy()

    found = read_quickly(pixels, short_side=90)

    assert np.array_equal(pixels, before)
    expected = _photo().resize((135, 90), Image.Resampling.BILINEAR)
    _assert_all_but_equal(found, np.asarray(expected))


@pytest.mark.parametrize("short_side", [None, 90, 200])
def test_the_result_is_contiguous_and_free_to_change(short_side: int | None) -> None:
    pixels = read_quickly(_content(_photo()), short_side=short_side)

    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable


@pytest.mark.parametrize("missing", [2, 20, 2_000, 10_000])
def test_a_file_that_was_cut_short_is_refused_in_the_same_words(missing: int) -> None:
    cut = _content(_photo(), quality=95)[:-missing]
    with pytest.raises(ImageError) as expected:
        read_pixels(cut, short_side=90)

    with pytest.raises(ImageError) as found:
        read_quickly(cut, short_side=90)

    assert str(found.value) == str(expected.value)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"no photo")

    with pytest.raises(ImageError):
        read_quickly(tmp_path / "photo.jpg", short_side=90)


def test_two_sizes_at_once_are_refused() -> None:
    with pytest.raises(PlanError, match="one of them"):
        read_quickly(_content(_photo()), short_side=5, squash_to=6)


def test_where_opencv_gives_up_pillow_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    content = _content(_photo())

    def give_up(*_: object) -> None:
        raise module.cv2.error("too large")

    monkeypatch.setattr(module.cv2, "imdecode", give_up)

    expected = np.asarray(Image.open(io.BytesIO(content)))
    assert np.array_equal(read_quickly(content), expected)


def test_the_name_of_the_pixels_holds_all_three_libraries() -> None:
    for words in ("pillow ", "opencv 5.", "torch 2."):
        assert words in module.QUICK_DECODER
