"""Mirrors src/unfreeze/data/decode.py."""

import io
import os
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin, TiffImagePlugin

from tests.unit.data.pictures import (
    file_content,
    noisy_photo,
    rle_bmp,
    tiff_of_strips,
)
from unfreeze.data.decode import (
    encode,
    preprocess,
    probe,
    read_file,
    read_header,
    read_pixels,
    square_and_region,
)
from unfreeze.errors import ImageError, PlanError
from unfreeze.records import ImageSpec, Interpolation


def _photo(width: int = 150, height: int = 100) -> Image.Image:
    return noisy_photo(width, height)


def _content(image: Image.Image, file_format: str = "PNG", **settings: object) -> bytes:
    return file_content(image, file_format, **settings)


def _largest_difference(first: np.ndarray, second: np.ndarray) -> int:
    assert first.shape == second.shape
    return int(np.abs(first.astype(int) - second.astype(int)).max())


# Size, crop and filter, against torchvision


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "box"])
@pytest.mark.parametrize(
    "size", [(150, 100), (100, 151), (333, 97), (64, 64), (20, 31)], ids=str
)
def test_preprocess_agrees_with_torchvision(
    size: tuple[int, int], interpolation: Interpolation
) -> None:
    from torchvision.transforms import InterpolationMode, v2

    image = _photo(*size)
    mode = InterpolationMode(interpolation)
    oracle = v2.Compose([v2.Resize(64, mode, antialias=True), v2.CenterCrop(64)])

    pixels = preprocess(
        _content(image), ImageSpec(size=64, interpolation=interpolation)
    )

    assert _largest_difference(pixels, np.asarray(oracle(image))) <= 1


def test_squash_agrees_with_torchvision() -> None:
    from torchvision.transforms import v2

    image = _photo(150, 90)
    oracle = v2.Resize((48, 48), antialias=True)(image)

    pixels = preprocess(_content(image), ImageSpec(size=48, squash=True))

    assert _largest_difference(pixels, np.asarray(oracle)) <= 1


@pytest.mark.parametrize("odd", range(65, 73))
def test_the_centre_is_cut_out_where_torchvision_cuts(odd: int) -> None:
    """Margins of a half pixel go to the even neighbour."""
    from torchvision.transforms import v2

    image = _photo(odd, 64)

    pixels = preprocess(_content(image), ImageSpec(size=64))

    np.testing.assert_array_equal(pixels, np.asarray(v2.CenterCrop(64)(image)))


@pytest.mark.parametrize(
    ("size", "shape"),
    [((150, 100), (50, 75, 3)), ((99, 150), (75, 50, 3)), ((70, 99), (70, 50, 3))],
)
def test_the_longer_side_is_rounded_down(
    size: tuple[int, int], shape: tuple[int, int, int]
) -> None:
    assert read_pixels(_content(_photo(*size)), short_side=50).shape == shape


def test_small_images_are_enlarged() -> None:
    assert read_pixels(_content(_photo(10, 20)), short_side=30).shape == (60, 30, 3)


def test_without_a_size_pixels_are_those_of_the_file() -> None:
    image = _photo()

    np.testing.assert_array_equal(read_pixels(_content(image)), np.asarray(image))


def test_pixels_may_be_changed() -> None:
    assert read_pixels(_content(_photo()), short_side=20).flags.writeable
    assert preprocess(_content(_photo()), ImageSpec(size=20)).flags.writeable


def test_two_sizes_at_once_are_refused() -> None:
    with pytest.raises(PlanError, match=r"short_side=5 and squash_to=6"):
        read_pixels(_content(_photo()), short_side=5, squash_to=6)
    with pytest.raises(PlanError, match=r"must be 1 or more, got 0"):
        read_pixels(_content(_photo()), short_side=0)


# A large JPEG is decoded at a reduced scale


def test_reduced_decoding_is_close_to_full_decoding() -> None:
    large = _photo(150, 100).resize((1500, 1000), Image.Resampling.BICUBIC)
    content = _content(large, "JPEG", quality=95)
    full = np.asarray(Image.open(io.BytesIO(content)))

    reduced = read_pixels(content, short_side=100).astype(int)

    difference = np.abs(reduced - read_pixels(full, short_side=100))
    assert difference.mean() < 1
    assert difference.max() <= 8


def test_reduced_decoding_never_falls_below_twice_the_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[tuple[int, int]] = []
    resize = Image.Image.resize

    def noting(image: Image.Image, *args: object) -> Image.Image:
        sizes.append(image.size)
        return resize(image, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Image.Image, "resize", noting)
    content = _content(_photo(1600, 800), "JPEG")
    for side in (99, 100, 101, 199, 201, 399, 401):
        read_pixels(content, short_side=side)

    assert [height for _, height in sizes] == [200, 200, 400, 400, 800, 800, 800]


# Colour modes


def test_grey_becomes_three_equal_channels() -> None:
    grey = _photo().convert("L")

    for file_format in ("PNG", "JPEG", "TIFF", "PPM"):
        pixels = read_pixels(_content(grey, file_format), short_side=50)
        assert pixels.shape == (50, 75, 3)
        assert (pixels == pixels[:, :, :1]).all()


def _sixteen_bits() -> np.ndarray:
    return np.linspace(0, 65_535, 64 * 64).astype(np.uint16).reshape(64, 64)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_is_scaled_and_not_cut_off(file_format: str) -> None:
    values = _sixteen_bits()
    content = _content(Image.fromarray(values), file_format)

    pixels = read_pixels(content)

    np.testing.assert_array_equal(pixels[:, :, 0], np.rint(values / 257))


def test_big_endian_16_bit_grey_is_scaled() -> None:
    values = _sixteen_bits()
    head = io.BytesIO(_content(Image.fromarray(values.astype(">u2")), "TIFF"))
    assert Image.open(head).mode == "I;16B"

    pixels = read_pixels(head.getvalue())

    np.testing.assert_array_equal(pixels[:, :, 0], np.rint(values / 257))


def test_32_bit_grey_counts_as_16_bits_in_a_wider_box() -> None:
    values = np.array([[0, 257, 65_535, 90_000, -5]], dtype=np.int32)

    pixels = read_pixels(_content(Image.fromarray(values), "TIFF"))

    assert pixels[0, :, 0].tolist() == [0, 1, 255, 255, 0]


@pytest.mark.parametrize("white", [1.0, 255.0, 65_535.0])
def test_floats_are_scaled_by_the_range_that_holds_them(white: float) -> None:
    values = np.array([[0.0, 0.5, 1.0]], dtype=np.float32) * white

    pixels = read_pixels(_content(Image.fromarray(values), "TIFF"))

    assert pixels[0, :, 0].tolist() == [0, 128, 255]


def test_floats_that_are_no_numbers_are_black() -> None:
    values = np.array([[np.nan, 1.0, -3.0]], dtype=np.float32)

    assert read_pixels(_content(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [
        0,
        255,
        0,
    ]


def test_one_bit_images_are_black_and_white() -> None:
    bits = Image.fromarray(np.array([[0, 255], [255, 0]], dtype=np.uint8)).convert("1")

    assert read_pixels(_content(bits))[:, :, 0].tolist() == [[0, 255], [255, 0]]


def test_transparent_parts_show_white() -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 255, 0))
    image.putpixel((2, 0), (0, 0, 0, 128))

    for file_format in ("PNG", "TIFF"):
        pixels = read_pixels(_content(image, file_format))
        assert pixels[0, 0].tolist() == [255, 0, 0]
        assert pixels[0, 1].tolist() == [255, 255, 255]
        assert pixels[0, 2].tolist() == [127, 127, 127]


def test_grey_with_transparency_shows_white() -> None:
    image = Image.new("LA", (2, 1), (40, 255))
    image.putpixel((1, 0), (40, 0))

    assert read_pixels(_content(image))[0, :, 0].tolist() == [40, 255]


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_palette_with_a_transparent_colour_shows_white(file_format: str) -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)

    plain = read_pixels(_content(image, file_format))
    clear = read_pixels(_content(image, file_format, transparency=1))

    assert plain[0].tolist() == [[10, 20, 30], [200, 100, 50]]
    assert clear[0].tolist() == [[10, 20, 30], [255, 255, 255]]


def test_a_palette_with_graded_transparency_shows_white() -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.putpixel((1, 0), 1)

    pixels = read_pixels(_content(image, transparency=bytes([255, 128])))

    assert pixels[0, :, 0].tolist() == [0, 127]


def test_a_transparent_colour_of_an_rgb_image_shows_white() -> None:
    image = Image.new("RGB", (2, 1), (9, 9, 9))
    image.putpixel((1, 0), (1, 2, 3))

    pixels = read_pixels(_content(image, transparency=(1, 2, 3)))

    assert pixels[0].tolist() == [[9, 9, 9], [255, 255, 255]]


def test_the_inverted_cmyk_of_adobe_has_its_true_colours() -> None:
    """Pillow writes CMYK as Adobe does, inverted, and marks it so."""
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    content = _content(red, "JPEG", quality=95)
    assert b"Adobe" in content

    pixels = read_pixels(content, short_side=8)

    assert _largest_difference(pixels, np.full((8, 8, 3), [255, 0, 0])) <= 3


def test_of_an_animation_the_first_frame_counts() -> None:
    red, blue = (Image.new("RGB", (6, 4), colour) for colour in ("red", "blue"))

    for file_format in ("GIF", "PNG", "WEBP", "TIFF"):
        content = _content(
            red, file_format, save_all=True, append_images=[blue], lossless=True
        )
        assert read_pixels(content)[0, 0].tolist() == [255, 0, 0]


# Orientation


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("way", range(1, 9))
def test_photos_are_turned_upright(file_format: str, way: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = way
    content = _content(_photo(60, 40), file_format, exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        oracle = ImageOps.exif_transpose(image).convert("RGB")

    assert _largest_difference(read_pixels(content), np.asarray(oracle)) <= 1
    small = read_pixels(content, short_side=20)
    assert (
        _largest_difference(small, read_pixels(np.asarray(oracle), short_side=20)) <= 1
    )


def test_orientation_is_found_in_xmp_where_there_is_no_exif() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'

    assert read_pixels(_content(_photo(60, 40), "JPEG", xmp=xmp)).shape == (60, 40, 3)


def test_damaged_exif_is_no_reason_to_warn_or_to_refuse() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A maker of cameras"
    content = _content(_photo(60, 40), "JPEG", exif=exif.tobytes()[:-12])
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
    contents = [_content(_photo(60, 40), "TIFF", tiffinfo=directory)]
    for text in ("\nexif\n  9\nno hex", "exif", profile):
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Raw profile type exif", text)
        contents.append(_content(_photo(60, 40), pnginfo=notes))

    for content in contents:
        assert read_pixels(content).shape == (40, 60, 3)
        assert probe(content).orientation == 1


def test_orientation_is_found_in_the_text_of_a_png() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Raw profile type exif", "\nexif\n 60\n" + exif.tobytes().hex())

    assert read_pixels(_content(_photo(60, 40), pnginfo=notes)).shape == (60, 40, 3)


# What cannot be read


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_refused_by_reading_and_by_probing(
    file_format: str, share: float
) -> None:
    content = _content(_photo(300, 200), file_format)
    part = content[: int(share * len(content))]

    for read in (read_pixels, probe):
        with pytest.raises(ImageError, match=r"damaged or cut short|not an image"):
            read(part)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_damaged_files_give_pixels_or_an_image_error(file_format: str) -> None:
    content = _content(_photo(60, 40), file_format)
    rng = np.random.default_rng(5)
    outcomes = set()
    for _ in range(60):
        damaged = bytearray(content)
        for position in rng.integers(0, len(damaged), 4).tolist():
            damaged[position] ^= 0xFF
        outcomes.add(_outcome(bytes(damaged)))

    assert outcomes <= {"pixels", "refused"}


def _outcome(content: bytes) -> str:
    try:
        read_pixels(content, short_side=20)
    except ImageError:
        return "refused"
    return "pixels"


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    page = tmp_path / "cat.jpg"
    page.write_bytes(b"<!doctype html><html>not found</html>")
    (tmp_path / "empty.jpg").touch()

    with pytest.raises(ImageError, match=r"web page"):
        read_pixels(page)
    with pytest.raises(ImageError, match=r"empty \(0 bytes\)"):
        read_pixels(tmp_path / "empty.jpg")
    with pytest.raises(ImageError, match=r"The file does not exist"):
        read_pixels(tmp_path / "gone.jpg")
    with pytest.raises(ImageError, match=r"a folder, not a file"):
        read_pixels(tmp_path)


def test_formats_that_run_other_programs_are_not_tried() -> None:
    content = _content(Image.new("RGB", (4, 4)), "EPS")

    with pytest.raises(ImageError, match=r"not an image in a format"):
        read_pixels(content)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(_content(_photo()))
    path.chmod(0)

    with pytest.raises(ImageError, match=r"permission denied"):
        read_pixels(path)


def test_a_lack_of_permission_is_told_from_other_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(ImageError, match=r"cannot be opened: permission denied"):
        read_file(tmp_path / "x.png")


def test_a_file_too_large_for_an_image_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "film.jpg"
    with path.open("wb") as stream:
        stream.truncate(2**31 + 1)  # a hole: takes no room on the disk

    with pytest.raises(ImageError, match=r"2,147,483,649 bytes"):
        read_file(path)


def _huge(width: int, height: int) -> bytes:
    """The header of a JPEG of this size; the pixels are missing."""
    content = bytearray(_content(Image.new("L", (8, 8)), "JPEG"))
    start = content.index(b"\xff\xc0") + 5
    content[start : start + 4] = height.to_bytes(2) + width.to_bytes(2)
    return bytes(content)


def test_bombs_are_refused_before_decoding() -> None:
    with pytest.raises(
        ImageError, match=r"20000 x 10000 pixels, more than 178,956,970"
    ):
        read_pixels(_huge(20_000, 10_000), short_side=20)


def test_large_images_below_the_limit_are_read_without_a_warning() -> None:
    """Pillow itself warns of anything above 89,478,485 pixels."""
    large = _content(Image.new("1", (10_000, 9_500)), "PNG")
    with pytest.warns(Image.DecompressionBombWarning), Image.open(io.BytesIO(large)):
        pass

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        probe(large)
    assert caught == []


def test_threads_of_paper_are_refused() -> None:
    thin = _content(Image.new("L", (1, 201)))

    with pytest.raises(ImageError, match=r"1 x 201 pixels: one side is more than 200"):
        read_pixels(thin, short_side=20)
    with pytest.raises(ImageError, match=r"1 x 201"):
        probe(thin)
    assert read_pixels(_content(Image.new("L", (1, 200))), short_side=2).shape[0] == 400


# Arrays


@pytest.mark.parametrize("shape", [(40, 60, 3), (40, 60, 1), (40, 60)])
def test_arrays_are_resized_like_files(shape: tuple[int, ...]) -> None:
    values = np.asarray(_photo(60, 40))
    pixels = values if shape[2:] == (3,) else values[:, :, 0].reshape(shape)
    as_file = _content(Image.fromarray(pixels.squeeze()))

    for spec in (ImageSpec(size=16), ImageSpec(size=16, squash=True)):
        np.testing.assert_array_equal(
            preprocess(pixels, spec), preprocess(as_file, spec)
        )


def test_arrays_that_do_not_lie_in_order_are_read_right() -> None:
    pixels = np.asarray(_photo(60, 40))

    flipped = read_pixels(pixels[:, ::-1])

    np.testing.assert_array_equal(flipped, pixels[:, ::-1])


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), dtype=np.float32),
        np.zeros((3, 4, 5), dtype=np.uint8),
        np.zeros((0, 4, 3), dtype=np.uint8),
        np.zeros(4, dtype=np.uint8),
    ],
)
def test_arrays_of_another_kind_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"Expected uint8"):
        read_pixels(array)


# Writing, and what importing costs


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7)])
def test_png_keeps_every_pixel(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    back = read_pixels(encode(pixels, "PNG"))

    expected = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
    np.testing.assert_array_equal(back, expected)


def test_jpeg_keeps_nearly_all() -> None:
    smooth = np.asarray(_photo().resize((20, 20)).resize((100, 100)))
    content = encode(smooth, "JPEG")

    assert content.startswith(b"\xff\xd8\xff")
    assert np.abs(read_pixels(content).astype(int) - smooth).mean() < 3


def test_decoding_does_not_load_torch(repository: Path) -> None:
    code = "import sys, unfreeze.data.decode; assert 'torch' not in sys.modules"

    subprocess.run(  # noqa: S603  our own interpreter, a fixed line
        [sys.executable, "-c", code],
        check=True,
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
    )


@pytest.mark.realdata
def test_the_odd_files_of_hymenoptera_are_read_or_named(shared_data: Path) -> None:
    outcomes = {
        path.name: _outcome(path.read_bytes())
        for path in shared_data.glob("hymenoptera/*/*/*")
    }

    assert len(outcomes) > 150
    assert list(outcomes.values()).count("refused") <= 3


# A look at an image


def test_a_glance_names_format_mode_and_stored_size() -> None:
    inks = probe(_content(_photo(150, 100).convert("CMYK"), "JPEG"))

    assert (inks.file_format, inks.mode, inks.size) == ("JPEG", "CMYK", (150, 100))
    assert (inks.is_see_through, inks.is_animated) == (False, False)


@pytest.mark.parametrize("size", [(300, 200), (64, 64), (33, 40), (20, 31)], ids=str)
def test_the_picture_of_a_glance_is_the_whole_image_squeezed(
    size: tuple[int, int],
) -> None:
    image = _photo(*size)

    picture = probe(_content(image)).picture

    expected = image.resize((32, 32), Image.Resampling.BOX)
    assert _largest_difference(picture, np.asarray(expected)) <= 1


def test_the_picture_of_a_glance_is_upright() -> None:
    image = _photo(300, 200)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = image.transpose(Image.Transpose.ROTATE_90)

    glance = probe(_content(turned, "JPEG", exif=exif, quality=95))

    assert glance.orientation == 6
    assert glance.size == (200, 300)
    expected = probe(_content(image, "JPEG", quality=95)).picture
    assert np.abs(glance.picture.astype(int) - expected.astype(int)).mean() < 6


@pytest.mark.parametrize(
    ("file_format", "frames"), [("GIF", 2), ("PNG", 2), ("GIF", 1)]
)
def test_a_glance_sees_whether_there_are_several_frames(
    file_format: str, frames: int
) -> None:
    first, *others = [_photo(40 + 2 * n, 30).resize((40, 30)) for n in range(frames)]
    stream = io.BytesIO()
    first.save(stream, file_format, save_all=True, append_images=others)

    assert probe(stream.getvalue()).is_animated == (frames > 1)


def test_a_second_frame_that_is_cut_short_does_no_harm() -> None:
    frames = [_photo(40 + 2 * n, 30).resize((40, 30)) for n in range(2)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    content = stream.getvalue()
    alone = len(_content(frames[0], "GIF"))

    assert probe(content[: alone + 30]).picture.shape == (32, 32, 3)


def test_a_glance_sees_transparency() -> None:
    image = _photo(40, 30).convert("RGBA")

    assert probe(_content(image)).is_see_through


def test_size_and_pace_are_known_from_the_header_alone() -> None:
    start = _content(_photo())[:60]

    assert read_header(start) == (150, 100, False)
    assert read_header(np.zeros((4, 5), np.uint8)) == (5, 4, False)
    with pytest.raises(ImageError):
        read_pixels(start)


@pytest.mark.parametrize(
    ("content", "is_slow"),
    [
        (_content(_photo(), "QOI"), True),
        (b"P6 2 1 254 " + bytes(6), True),
        (b"P6 2 1 255 " + bytes(6), False),
        (b"P3 1 1 255 1 2 3 ", True),
        (rle_bmp(8), True),
        (_content(_photo(), "BMP"), False),
        (_content(_photo(), "TIFF"), False),
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
        _content(_photo())[:33] + EMPTY_CHUNK * 50_000,
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


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("size", [(90, 61), (61, 90), (64, 64), (33, 100), (640, 427)])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_the_region_is_where_the_square_was_cut_from(
    size: tuple[int, int], orientation: int, file_format: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    gradient = np.linspace(0, 255, size[0] * size[1]).reshape(size[1], size[0])
    across = np.broadcast_to(np.linspace(0, 255, size[0]), (size[1], size[0]))
    pixels = np.stack([gradient, across, across], axis=2).astype(np.uint8)
    content = _content(Image.fromarray(pixels), file_format, exif=exif)
    upright = read_pixels(content)
    high, wide = upright.shape[:2]

    square, (left, top, right, bottom) = square_and_region(content, ImageSpec(size=32))

    # Cut from the full photo first, then resized: the same but for half a pixel.
    box = (left * wide, top * high, right * wide, bottom * high)
    cut = Image.fromarray(upright).resize((32, 32), Image.Resampling.BILINEAR, box)
    assert abs(np.asarray(cut, float) - square).mean() < 3


def test_a_squashed_photo_is_read_whole() -> None:
    spec = ImageSpec(size=32, squash=True)

    assert square_and_region(_content(_photo()), spec)[1] == (0, 0, 1, 1)


def test_what_is_no_source_is_refused_with_advice() -> None:
    image = Image.new("RGB", (8, 8))

    with pytest.raises(ImageError, match=r"object of Image\. .*np\.asarray"):
        read_pixels(image)  # type: ignore[arg-type]
