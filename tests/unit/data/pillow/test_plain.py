"""Mirrors src/unfreeze/data/pillow/plain.py; seen through the door."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin, TiffImagePlugin

from tests.unit.data.pictures import file_content, largest_difference, noisy_photo
from unfreeze.data.decode import probe, read_pixels


def test_grey_becomes_three_equal_channels() -> None:
    grey = noisy_photo().convert("L")

    for file_format in ("PNG", "JPEG", "TIFF", "PPM"):
        pixels = read_pixels(file_content(grey, file_format), short_side=50)
        assert pixels.shape == (50, 75, 3)
        assert (pixels == pixels[:, :, :1]).all()


def _sixteen_bits() -> np.ndarray:
    return np.linspace(0, 65_535, 64 * 64).astype(np.uint16).reshape(64, 64)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_is_scaled_and_not_cut_off(file_format: str) -> None:
    values = _sixteen_bits()
    content = file_content(Image.fromarray(values), file_format)

    pixels = read_pixels(content)

    np.testing.assert_array_equal(pixels[:, :, 0], np.rint(values / 257))


def test_big_endian_16_bit_grey_is_scaled() -> None:
    values = _sixteen_bits()
    head = io.BytesIO(file_content(Image.fromarray(values.astype(">u2")), "TIFF"))
    assert Image.open(head).mode == "I;16B"

    pixels = read_pixels(head.getvalue())

    np.testing.assert_array_equal(pixels[:, :, 0], np.rint(values / 257))


def test_32_bit_grey_counts_as_16_bits_in_a_wider_box() -> None:
    values = np.array([[0, 257, 65_535, 90_000, -5]], dtype=np.int32)

    pixels = read_pixels(file_content(Image.fromarray(values), "TIFF"))

    assert pixels[0, :, 0].tolist() == [0, 1, 255, 255, 0]


@pytest.mark.parametrize("white", [1.0, 255.0, 65_535.0])
def test_floats_are_scaled_by_the_range_that_holds_them(white: float) -> None:
    values = np.array([[0.0, 0.5, 1.0]], dtype=np.float32) * white

    pixels = read_pixels(file_content(Image.fromarray(values), "TIFF"))

    assert pixels[0, :, 0].tolist() == [0, 128, 255]


def test_floats_that_are_no_numbers_are_black() -> None:
    values = np.array([[np.nan, 1.0, -3.0]], dtype=np.float32)

    assert read_pixels(file_content(Image.fromarray(values), "TIFF"))[
        0, :, 0
    ].tolist() == [
        0,
        255,
        0,
    ]


def test_one_bit_images_are_black_and_white() -> None:
    bits = Image.fromarray(np.array([[0, 255], [255, 0]], dtype=np.uint8)).convert("1")

    assert read_pixels(file_content(bits))[:, :, 0].tolist() == [[0, 255], [255, 0]]


def test_transparent_parts_show_white() -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 255, 0))
    image.putpixel((2, 0), (0, 0, 0, 128))

    for file_format in ("PNG", "TIFF"):
        pixels = read_pixels(file_content(image, file_format))
        assert pixels[0, 0].tolist() == [255, 0, 0]
        assert pixels[0, 1].tolist() == [255, 255, 255]
        assert pixels[0, 2].tolist() == [127, 127, 127]


def test_grey_with_transparency_shows_white() -> None:
    image = Image.new("LA", (2, 1), (40, 255))
    image.putpixel((1, 0), (40, 0))

    assert read_pixels(file_content(image))[0, :, 0].tolist() == [40, 255]


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_palette_with_a_transparent_colour_shows_white(file_format: str) -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)

    plain = read_pixels(file_content(image, file_format))
    clear = read_pixels(file_content(image, file_format, transparency=1))

    assert plain[0].tolist() == [[10, 20, 30], [200, 100, 50]]
    assert clear[0].tolist() == [[10, 20, 30], [255, 255, 255]]


def test_a_palette_with_graded_transparency_shows_white() -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.putpixel((1, 0), 1)

    pixels = read_pixels(file_content(image, transparency=bytes([255, 128])))

    assert pixels[0, :, 0].tolist() == [0, 127]


def test_a_transparent_colour_of_an_rgb_image_shows_white() -> None:
    image = Image.new("RGB", (2, 1), (9, 9, 9))
    image.putpixel((1, 0), (1, 2, 3))

    pixels = read_pixels(file_content(image, transparency=(1, 2, 3)))

    assert pixels[0].tolist() == [[9, 9, 9], [255, 255, 255]]


def test_the_inverted_cmyk_of_adobe_has_its_true_colours() -> None:
    """Pillow writes CMYK as Adobe does, inverted, and marks it so."""
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    content = file_content(red, "JPEG", quality=95)
    assert b"Adobe" in content

    pixels = read_pixels(content, short_side=8)

    assert largest_difference(pixels, np.full((8, 8, 3), [255, 0, 0])) <= 3


def test_of_an_animation_the_first_frame_counts() -> None:
    red, blue = (Image.new("RGB", (6, 4), colour) for colour in ("red", "blue"))

    for file_format in ("GIF", "PNG", "WEBP", "TIFF"):
        content = file_content(
            red, file_format, save_all=True, append_images=[blue], lossless=True
        )
        assert read_pixels(content)[0, 0].tolist() == [255, 0, 0]


# Orientation


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("way", range(1, 9))
def test_photos_are_turned_upright(file_format: str, way: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = way
    content = file_content(noisy_photo(60, 40), file_format, exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        oracle = ImageOps.exif_transpose(image).convert("RGB")

    assert largest_difference(read_pixels(content), np.asarray(oracle)) <= 1
    small = read_pixels(content, short_side=20)
    assert (
        largest_difference(small, read_pixels(np.asarray(oracle), short_side=20)) <= 1
    )


def test_orientation_is_found_in_xmp_where_there_is_no_exif() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'

    assert read_pixels(file_content(noisy_photo(60, 40), "JPEG", xmp=xmp)).shape == (
        60,
        40,
        3,
    )


def test_damaged_exif_is_no_reason_to_warn_or_to_refuse() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A maker of cameras"
    content = file_content(noisy_photo(60, 40), "JPEG", exif=exif.tobytes()[:-12])
    with (
        pytest.warns(UserWarning, match="EXIF|Truncated"),
        Image.open(io.BytesIO(content)),
    ):
        pass

    assert read_pixels(content).shape == (60, 40, 3)


def test_damaged_notes_outside_exif_are_no_reason_to_warn_or_to_refuse() -> None:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory.tagtype[0x0112] = 2  # text
    directory[0x0112] = "abc"
    profile = "\nexif\n   60\n" + b"Exif\0\0II*\0\x08\0\0\0\x09\0".hex()
    contents = [file_content(noisy_photo(60, 40), "TIFF", tiffinfo=directory)]
    for text in ("\nexif\n  9\nno hex", "exif", profile):
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Raw profile type exif", text)
        contents.append(file_content(noisy_photo(60, 40), pnginfo=notes))

    for content in contents:
        assert read_pixels(content).shape == (40, 60, 3)
        assert probe(content).orientation == 1


def test_orientation_is_found_in_the_text_of_a_png() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Raw profile type exif", "\nexif\n 60\n" + exif.tobytes().hex())

    assert read_pixels(file_content(noisy_photo(60, 40), pnginfo=notes)).shape == (
        60,
        40,
        3,
    )
