import asyncio
import io
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from tests.unit.data.pictures import rle_bmp
from unfreeze.data.decode import preprocess
from unfreeze.errors import ImageError
from unfreeze.records import ImageSpec
from unfreeze.serve.photo_reader import PhotoReader
from unfreeze.serve.settings import Limits

from .conftest import noisy_photo, photo

SPEC = ImageSpec(size=32)

MakeReader = Callable[..., PhotoReader]


@pytest.fixture
def make_reader() -> Iterator[MakeReader]:
    made: list[PhotoReader] = []

    def make(**limits: int) -> PhotoReader:
        made.append(PhotoReader(Limits(**limits), threads=2))
        return made[-1]

    yield make
    for each in made:
        each.close()


def square(content: bytes) -> np.ndarray:
    return preprocess(content, SPEC)


def read_by(reader: PhotoReader, content: bytes) -> np.ndarray:
    return asyncio.run(reader.call(square, content))


def test_work_is_done_on_the_photo(make_reader: MakeReader) -> None:
    content = noisy_photo((90, 61))

    np.testing.assert_array_equal(read_by(make_reader(), content), square(content))


def test_too_many_bytes_are_refused(make_reader: MakeReader) -> None:
    content = noisy_photo((90, 61))

    with pytest.raises(ImageError, match="takes up to"):
        read_by(make_reader(bytes=len(content) - 1), content)
    make_reader(bytes=len(content)).require_fit(content)


def test_too_many_pixels_are_refused_before_they_are_decoded(
    make_reader: MakeReader,
) -> None:
    cut_after_its_header = photo(size=(60, 40))[:50]

    with pytest.raises(ImageError, match=r"60 x 40 pixels.*up to 2,399"):
        make_reader(pixels=2399).require_fit(cut_after_its_header)
    make_reader(pixels=2400).require_fit(cut_after_its_header)


def test_a_jpeg_that_demands_endless_passes_is_refused(
    make_reader: MakeReader,
) -> None:
    content = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(content, "JPEG", progressive=True)
    reader = make_reader()
    scan = content.getvalue()[content.getvalue().rindex(b"\xff\xda") : -2]

    reader.require_fit(content.getvalue())
    with pytest.raises(ImageError, match=r"passes more than 93 times over 16,000,000"):
        reader.require_fit(content.getvalue()[:-2] + scan * 100 + b"\xff\xd9")


def test_a_film_behind_a_jpeg_is_no_more_passes(make_reader: MakeReader) -> None:
    content = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(content, "JPEG")
    film = b"\xff\xda" * 1000

    assert not make_reader().require_fit(content.getvalue() + film)


def test_what_is_no_image_is_refused(make_reader: MakeReader) -> None:
    with pytest.raises(ImageError):
        read_by(make_reader(), b"GIF89a")


def test_a_large_photo_that_python_decodes_is_refused_at_once(
    make_reader: MakeReader,
) -> None:
    content = rle_bmp(8191)
    assert len(content) < 34_000

    started = time.monotonic()
    with pytest.raises(ImageError, match=r"8191 x 8191 .* slow .*as PNG or JPEG\.$"):
        read_by(make_reader(), content)
    assert time.monotonic() - started < 1


def test_huge_and_slow_photos_are_demanding(make_reader: MakeReader) -> None:
    reader = make_reader()

    assert reader.require_fit(rle_bmp(1024))
    assert reader.require_fit(photo(size=(4097, 4096)))
    assert not reader.require_fit(photo(size=(4096, 4096)))


def test_demanding_photos_wait_for_each_other_and_nobody_for_them(
    make_reader: MakeReader,
) -> None:
    reader, go_on = make_reader(), threading.Event()
    begun: list[bytes] = []

    def held_up(content: bytes) -> int:
        begun.append(content)
        assert go_on.wait(10)
        return len(content)

    async def whole() -> tuple[np.ndarray, int, list[int]]:
        huge = [asyncio.create_task(reader.call(held_up, rle_bmp(9))) for _ in range(5)]
        small = [await reader.call(square, photo()) for _ in range(5)]
        at_a_time = len(begun)
        go_on.set()
        return small[-1], at_a_time, await asyncio.gather(*huge)

    small, at_a_time, huge = asyncio.run(whole())

    np.testing.assert_array_equal(small, square(photo()))
    assert at_a_time == 1
    assert huge == [len(rle_bmp(9))] * 5
