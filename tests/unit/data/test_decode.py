"""Mirrors src/unfreeze/data/decode.py."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.data.pictures import (
    file_content,
    largest_difference,
    noisy_photo,
)
from unfreeze.data.decode import (
    encode,
    preprocess,
    probe,
    read_header,
    read_pixels,
    square_and_region,
)
from unfreeze.errors import ImageError, PlanError
from unfreeze.records import ImageSpec, Interpolation

# Size, crop and filter, against torchvision


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "box"])
@pytest.mark.parametrize(
    "size", [(150, 100), (100, 151), (333, 97), (64, 64), (20, 31)], ids=str
)
def test_preprocess_agrees_with_torchvision(
    size: tuple[int, int], interpolation: Interpolation
) -> None:
    from torchvision.transforms import InterpolationMode, v2

    image = noisy_photo(*size)
    mode = InterpolationMode(interpolation)
    oracle = v2.Compose([v2.Resize(64, mode, antialias=True), v2.CenterCrop(64)])

    pixels = preprocess(
        file_content(image), ImageSpec(size=64, interpolation=interpolation)
    )

    assert largest_difference(pixels, np.asarray(oracle(image))) <= 1


def test_squash_agrees_with_torchvision() -> None:
    from torchvision.transforms import v2

    image = noisy_photo(150, 90)
    oracle = v2.Resize((48, 48), antialias=True)(image)

    pixels = preprocess(file_content(image), ImageSpec(size=48, squash=True))

    assert largest_difference(pixels, np.asarray(oracle)) <= 1


@pytest.mark.parametrize("odd", range(65, 73))
def test_the_centre_is_cut_out_where_torchvision_cuts(odd: int) -> None:
    """Margins of a half pixel go to the even neighbour."""
    from torchvision.transforms import v2

    image = noisy_photo(odd, 64)

    pixels = preprocess(file_content(image), ImageSpec(size=64))

    np.testing.assert_array_equal(pixels, np.asarray(v2.CenterCrop(64)(image)))


@pytest.mark.parametrize(
    ("size", "shape"),
    [((150, 100), (50, 75, 3)), ((99, 150), (75, 50, 3)), ((70, 99), (70, 50, 3))],
)
def test_the_longer_side_is_rounded_down(
    size: tuple[int, int], shape: tuple[int, int, int]
) -> None:
    assert read_pixels(file_content(noisy_photo(*size)), short_side=50).shape == shape


def test_small_images_are_enlarged() -> None:
    assert read_pixels(file_content(noisy_photo(10, 20)), short_side=30).shape == (
        60,
        30,
        3,
    )


def test_without_a_size_pixels_are_those_of_the_file() -> None:
    image = noisy_photo()

    np.testing.assert_array_equal(read_pixels(file_content(image)), np.asarray(image))


def test_pixels_may_be_changed() -> None:
    assert read_pixels(file_content(noisy_photo()), short_side=20).flags.writeable
    assert preprocess(file_content(noisy_photo()), ImageSpec(size=20)).flags.writeable


def test_two_sizes_at_once_are_refused() -> None:
    with pytest.raises(PlanError, match=r"short_side=5 and squash_to=6"):
        read_pixels(file_content(noisy_photo()), short_side=5, squash_to=6)
    with pytest.raises(PlanError, match=r"must be 1 or more, got 0"):
        read_pixels(file_content(noisy_photo()), short_side=0)


# A large JPEG is decoded at a reduced scale


def test_reduced_decoding_is_close_to_full_decoding() -> None:
    large = noisy_photo(150, 100).resize((1500, 1000), Image.Resampling.BICUBIC)
    content = file_content(large, "JPEG", quality=95)
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
    content = file_content(noisy_photo(1600, 800), "JPEG")
    for side in (99, 100, 101, 199, 201, 399, 401):
        read_pixels(content, short_side=side)

    assert [height for _, height in sizes] == [200, 200, 400, 400, 800, 800, 800]


# What cannot be read


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_refused_by_reading_and_by_probing(
    file_format: str, share: float
) -> None:
    content = file_content(noisy_photo(300, 200), file_format)
    part = content[: int(share * len(content))]

    for read in (read_pixels, probe):
        with pytest.raises(ImageError, match=r"damaged or cut short|not an image"):
            read(part)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_damaged_files_give_pixels_or_an_image_error(file_format: str) -> None:
    content = file_content(noisy_photo(60, 40), file_format)
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


# Arrays


@pytest.mark.parametrize("shape", [(40, 60, 3), (40, 60, 1), (40, 60)])
def test_arrays_are_resized_like_files(shape: tuple[int, ...]) -> None:
    values = np.asarray(noisy_photo(60, 40))
    pixels = values if shape[2:] == (3,) else values[:, :, 0].reshape(shape)
    as_file = file_content(Image.fromarray(pixels.squeeze()))

    for spec in (ImageSpec(size=16), ImageSpec(size=16, squash=True)):
        np.testing.assert_array_equal(
            preprocess(pixels, spec), preprocess(as_file, spec)
        )


def test_arrays_that_do_not_lie_in_order_are_read_right() -> None:
    pixels = np.asarray(noisy_photo(60, 40))

    flipped = read_pixels(pixels[:, ::-1])

    np.testing.assert_array_equal(flipped, pixels[:, ::-1])


# Writing, and what importing costs


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7)])
def test_png_keeps_every_pixel(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    back = read_pixels(encode(pixels, "PNG"))

    expected = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
    np.testing.assert_array_equal(back, expected)


def test_jpeg_keeps_nearly_all() -> None:
    smooth = np.asarray(noisy_photo().resize((20, 20)).resize((100, 100)))
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
    inks = probe(file_content(noisy_photo(150, 100).convert("CMYK"), "JPEG"))

    assert (inks.file_format, inks.mode, inks.size) == ("JPEG", "CMYK", (150, 100))
    assert (inks.is_see_through, inks.is_animated) == (False, False)


@pytest.mark.parametrize("size", [(300, 200), (64, 64), (33, 40), (20, 31)], ids=str)
def test_the_picture_of_a_glance_is_the_whole_image_squeezed(
    size: tuple[int, int],
) -> None:
    image = noisy_photo(*size)

    picture = probe(file_content(image)).picture

    expected = image.resize((32, 32), Image.Resampling.BOX)
    assert largest_difference(picture, np.asarray(expected)) <= 1


def test_the_picture_of_a_glance_is_upright() -> None:
    image = noisy_photo(300, 200)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = image.transpose(Image.Transpose.ROTATE_90)

    glance = probe(file_content(turned, "JPEG", exif=exif, quality=95))

    assert glance.orientation == 6
    assert glance.size == (200, 300)
    expected = probe(file_content(image, "JPEG", quality=95)).picture
    assert np.abs(glance.picture.astype(int) - expected.astype(int)).mean() < 6


@pytest.mark.parametrize(
    ("file_format", "frames"), [("GIF", 2), ("PNG", 2), ("GIF", 1)]
)
def test_a_glance_sees_whether_there_are_several_frames(
    file_format: str, frames: int
) -> None:
    first, *others = [
        noisy_photo(40 + 2 * n, 30).resize((40, 30)) for n in range(frames)
    ]
    stream = io.BytesIO()
    first.save(stream, file_format, save_all=True, append_images=others)

    assert probe(stream.getvalue()).is_animated == (frames > 1)


def test_a_second_frame_that_is_cut_short_does_no_harm() -> None:
    frames = [noisy_photo(40 + 2 * n, 30).resize((40, 30)) for n in range(2)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    content = stream.getvalue()
    alone = len(file_content(frames[0], "GIF"))

    assert probe(content[: alone + 30]).picture.shape == (32, 32, 3)


def test_a_glance_sees_transparency() -> None:
    image = noisy_photo(40, 30).convert("RGBA")

    assert probe(file_content(image)).is_see_through


def test_size_and_pace_are_known_from_the_header_alone() -> None:
    start = file_content(noisy_photo())[:60]

    assert read_header(start) == (150, 100, False)
    assert read_header(np.zeros((4, 5), np.uint8)) == (5, 4, False)
    with pytest.raises(ImageError):
        read_pixels(start)


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
    content = file_content(Image.fromarray(pixels), file_format, exif=exif)
    upright = read_pixels(content)
    high, wide = upright.shape[:2]

    square, (left, top, right, bottom) = square_and_region(content, ImageSpec(size=32))

    # Cut from the full photo first, then resized: the same but for half a pixel.
    box = (left * wide, top * high, right * wide, bottom * high)
    cut = Image.fromarray(upright).resize((32, 32), Image.Resampling.BILINEAR, box)
    assert abs(np.asarray(cut, float) - square).mean() < 3


def test_a_squashed_photo_is_read_whole() -> None:
    spec = ImageSpec(size=32, squash=True)

    assert square_and_region(file_content(noisy_photo()), spec)[1] == (0, 0, 1, 1)
