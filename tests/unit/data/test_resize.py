"""Mirrors src/unfreeze/data/resize.py."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfreeze.data.decode import read_pixels
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.resize import resize_images
from unfreeze.errors import DataError, PlanError


def _photos(root: Path) -> ImageIndex:
    (root / "cats/sub").mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((90, 60))
    for name in ("cats/a.jpg", "cats/b.png", "cats/sub/c.gif"):
        image.save(root / name)
    return index_folder(root)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_every_image_is_written_under_its_own_name(
    tmp_path: Path, num_workers: int
) -> None:
    index = _photos(tmp_path / "photos")

    skipped = resize_images(index, tmp_path / "small", 30, num_workers=num_workers)

    assert skipped == []
    copies = index_folder(tmp_path / "small/30")
    assert list(copies.names) == list(index.names)
    for source, copy in zip(index.sources, copies.sources, strict=True):
        assert read_pixels(copy).shape == (30, 45, 3)
        difference = read_pixels(copy).astype(int) - read_pixels(source, short_side=30)
        assert np.abs(difference).mean() < 5  # JPEG halves the resolution of colour


def test_jpeg_stays_jpeg_and_everything_else_becomes_png(tmp_path: Path) -> None:
    resize_images(_photos(tmp_path / "photos"), tmp_path / "small", 30, num_workers=0)

    formats = {
        path.name: Image.open(io.BytesIO(path.read_bytes())).format
        for path in (tmp_path / "small/30").rglob("*.*")
    }
    assert formats == {"a.jpg": "JPEG", "b.png": "PNG", "c.gif": "PNG"}


def test_copies_that_exist_are_not_written_again(tmp_path: Path) -> None:
    index = _photos(tmp_path / "photos")
    resize_images(index, tmp_path / "small", 30, num_workers=0)
    copies = sorted((tmp_path / "small/30").rglob("*.*"))
    before = [copy.stat().st_ino for copy in copies]
    copies[1].unlink()

    resize_images(index, tmp_path / "small", 30, num_workers=0)

    after = [copy.stat().st_ino for copy in copies]
    assert (after[0], after[2]) == (before[0], before[2])


def test_a_changed_image_gets_a_new_copy(tmp_path: Path) -> None:
    index = _photos(tmp_path / "photos")
    resize_images(index, tmp_path / "small", 30, num_workers=0)
    Image.new("RGB", (90, 60), "white").save(index.sources[1])
    os.utime(index.sources[1], ns=(0, 0))  # older than its copy

    resize_images(index, tmp_path / "small", 30, num_workers=0)

    assert read_pixels(tmp_path / "small/30/cats/b.png").min() == 255


def test_failures_are_returned_and_the_rest_is_written(tmp_path: Path) -> None:
    index = _photos(tmp_path / "photos")
    resize_images(index, tmp_path / "small", 30, num_workers=0)
    index.sources[0].write_bytes(b"")

    (failure,) = resize_images(index, tmp_path / "small", 30, num_workers=2)

    assert failure.file == "cats/a.jpg"
    assert "empty" in failure.reason
    assert not (tmp_path / "small/30/cats/a.jpg").exists()


def test_a_cache_below_the_photos_is_not_indexed_with_them(tmp_path: Path) -> None:
    index = _photos(tmp_path)

    resize_images(index, tmp_path / "tmp", 30, num_workers=0)

    assert list(index_folder(tmp_path).names) == list(index.names)


def test_progress_counts_up_to_all_images(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []

    resize_images(
        _photos(tmp_path / "photos"),
        tmp_path / "small",
        30,
        num_workers=0,
        on_progress=lambda *call: calls.append(call),
    )

    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_originals_are_never_overwritten(tmp_path: Path) -> None:
    index = _photos(tmp_path / "30")

    with pytest.raises(DataError, match=r"would replace the images"):
        resize_images(index, tmp_path, 30)


def test_arrays_and_sizes_below_one_are_refused(tmp_path: Path) -> None:
    pixels = np.zeros((2, 4, 4, 3), dtype=np.uint8)

    with pytest.raises(DataError, match=r"2 images of this index are arrays"):
        resize_images(ImageIndex(tmp_path, (), pixels, None), tmp_path, 30)
    with pytest.raises(PlanError, match=r"short_side must be 1 or more, got 0"):
        resize_images(_photos(tmp_path / "photos"), tmp_path / "small", 0)
