"""Mirrors src/unfreeze/data/pillow/opening.py; seen through the door."""

import io
import os
import socket
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.data.pictures import file_content, noisy_photo
from unfreeze.data.decode import probe, read_file, read_pixels
from unfreeze.errors import ImageError


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


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(file_content(noisy_photo()))
    path.chmod(0)

    with pytest.raises(ImageError, match=r"permission denied"):
        read_pixels(path)


def test_a_lack_of_permission_is_told_from_other_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "x.png").touch()
    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(ImageError, match=r"cannot be opened: permission denied"):
        read_file(tmp_path / "x.png")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices with names")
def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.jpg"))

    for path in (tmp_path / "pipe.jpg", tmp_path / "socket.jpg", Path("/dev/zero")):
        with pytest.raises(ImageError, match="not a regular file"):
            read_file(path)


def test_a_file_too_large_for_an_image_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "film.jpg"
    with path.open("wb") as stream:
        stream.truncate(2**31 + 1)  # a hole: takes no room on the disk

    with pytest.raises(ImageError, match=r"2,147,483,649 bytes"):
        read_file(path)


def _huge(width: int, height: int) -> bytes:
    """The header of a JPEG of this size; the pixels are missing."""
    content = bytearray(file_content(Image.new("L", (8, 8)), "JPEG"))
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
    large = file_content(Image.new("1", (10_000, 9_500)), "PNG")
    with pytest.warns(Image.DecompressionBombWarning), Image.open(io.BytesIO(large)):
        pass

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        probe(large)
    assert caught == []


def test_threads_of_paper_are_refused() -> None:
    thin = file_content(Image.new("L", (1, 201)))

    with pytest.raises(ImageError, match=r"1 x 201 pixels: one side is more than 200"):
        read_pixels(thin, short_side=20)
    with pytest.raises(ImageError, match=r"1 x 201"):
        probe(thin)
    assert (
        read_pixels(file_content(Image.new("L", (1, 200))), short_side=2).shape[0]
        == 400
    )


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


def test_what_is_no_source_is_refused_with_advice() -> None:
    image = Image.new("RGB", (8, 8))

    with pytest.raises(ImageError, match=r"object of Image\. .*np\.asarray"):
        read_pixels(image)  # type: ignore[arg-type]
