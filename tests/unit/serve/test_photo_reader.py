import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from unfreeze.data.decode import preprocess, read_pixels
from unfreeze.errors import ImageError
from unfreeze.records import ImageSpec
from unfreeze.serve.photo_reader import PhotoReader, region_read
from unfreeze.serve.settings import Limits

from .conftest import noisy_photo, photo

SPEC = ImageSpec(size=32)

MakeReader = Callable[..., PhotoReader]


@pytest.fixture
def make_reader() -> Iterator[MakeReader]:
    made: list[PhotoReader] = []

    def make(**limits: int) -> PhotoReader:
        made.append(
            PhotoReader(
                lambda content: preprocess(content, SPEC), Limits(**limits), threads=2
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


def waited_for(work: Awaitable[np.ndarray]) -> np.ndarray:
    async def whole() -> np.ndarray:
        return await work

    return asyncio.run(whole())


def test_the_square_is_the_one_that_evaluation_reads(make_reader: MakeReader) -> None:
    content = noisy_photo((90, 61))

    square = waited_for(make_reader().square(content))

    np.testing.assert_array_equal(square, preprocess(content, SPEC))


def test_too_many_bytes_are_refused(make_reader: MakeReader) -> None:
    content = noisy_photo((90, 61))
    reader = make_reader(bytes=len(content) - 1)

    with pytest.raises(ImageError, match="takes up to"):
        waited_for(reader.square(content))
    make_reader(bytes=len(content)).require_fit(content)


def test_too_many_pixels_are_refused_before_they_are_decoded(
    make_reader: MakeReader,
) -> None:
    cut_after_its_header = photo(size=(60, 40))[:50]

    with pytest.raises(ImageError, match=r"60 x 40 pixels.*up to 2,399"):
        make_reader(pixels=2399).require_fit(cut_after_its_header)
    assert make_reader(pixels=2400).require_fit(cut_after_its_header) == 2400


def test_a_jpeg_that_demands_endless_passes_is_refused(
    make_reader: MakeReader,
) -> None:
    content = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(content, "JPEG", progressive=True)
    reader = make_reader()
    scan = content.getvalue()[content.getvalue().rindex(b"\xff\xda") : -2]

    assert reader.require_fit(content.getvalue()) == 16_000_000
    with pytest.raises(ImageError, match=r"passes \d+ times over"):
        reader.require_fit(content.getvalue()[:-2] + scan * 100)


def test_what_is_no_image_is_refused(make_reader: MakeReader) -> None:
    with pytest.raises(ImageError):
        waited_for(make_reader().square(b"GIF89a"))


def test_a_huge_photo_is_decoded_all_the_same(
    make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unfreeze.serve.photo_reader._HUGE", 100)
    content = noisy_photo((90, 61))

    square = waited_for(make_reader().square(content))

    np.testing.assert_array_equal(square, preprocess(content, SPEC))


@pytest.mark.parametrize("size", [(90, 61), (61, 90), (64, 64), (33, 100), (640, 427)])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_the_region_is_where_the_square_was_cut_from(
    size: tuple[int, int], orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = io.BytesIO()
    gradient = np.linspace(0, 255, size[0] * size[1]).reshape(size[1], size[0])
    across = np.broadcast_to(np.linspace(0, 255, size[0]), (size[1], size[0]))
    pixels = np.stack([gradient, across, across], axis=2).astype(np.uint8)
    Image.fromarray(pixels).save(content, "PNG", exif=exif)
    upright = read_pixels(content.getvalue())
    high, wide = upright.shape[:2]

    left, top, right, bottom = region_read(content.getvalue(), SPEC)

    # Cut from the full photo first, then resized: the same but for half a pixel.
    box = (left * wide, top * high, right * wide, bottom * high)
    square = Image.fromarray(upright).resize((32, 32), Image.Resampling.BILINEAR, box)
    expected = preprocess(content.getvalue(), SPEC).astype(float)
    assert abs(np.asarray(square, float) - expected).mean() < 2.5


def test_a_squashed_photo_is_read_whole() -> None:
    spec = ImageSpec(size=32, squash=True)

    assert region_read(photo(size=(90, 20)), spec) == (0, 0, 1, 1)
