"""Mirrors src/unfreeze/data/jpeg_scans.py."""

import io

import numpy as np
import pytest
from PIL import Image

from unfreeze.data.jpeg_scans import count_scans


def jpeg(**settings: object) -> bytes:
    content = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(content, "JPEG", **settings)
    return content.getvalue()


@pytest.mark.parametrize(
    ("settings", "scans"),
    [
        ({}, 1),
        ({"restart_marker_rows": 1}, 1),
        ({"progressive": True}, 10),  # libjpeg's usual script for three colours
        ({"comment": b"\xff\xda" * 9}, 1),
    ],
    ids=str,
)
def test_scans_are_counted(settings: dict[str, object], scans: int) -> None:
    assert count_scans(jpeg(**settings), 99) == scans


def test_no_more_are_counted_than_are_asked_for() -> None:
    assert count_scans(jpeg(progressive=True), 4) == 4


def test_what_stands_behind_the_image_does_not_count() -> None:
    film = np.random.default_rng(1).bytes(1_000_000)
    assert film.count(b"\xff\xda") > 5

    assert count_scans(jpeg() + film, 99) == 1
    assert count_scans(jpeg() + jpeg(progressive=True), 99) == 1
    assert count_scans(jpeg() + b"\0\2" + b"\xff\xda\0\2" * 50, 99) == 1


@pytest.mark.parametrize("filling", [b"\xff" * 5, b"junk", b"\xff\x00", b"\xff\xd0"])
def test_what_decoders_pass_over_hides_no_scan(filling: bytes) -> None:
    whole = jpeg()
    scan = whole[whole.rindex(b"\xff\xda") : -2]

    assert count_scans(whole[:-2] + (filling + scan) * 3 + b"\xff\xd9", 99) == 4


def test_a_file_that_is_cut_short_has_the_scans_that_are_there() -> None:
    whole = jpeg(progressive=True)

    assert count_scans(whole[: whole.rindex(b"\xff\xda") + 2], 99) == 10
    assert count_scans(whole[: whole.rindex(b"\xff\xda")], 99) == 9


def test_endless_segments_are_as_bad_as_endless_scans() -> None:
    assert count_scans(b"\xff\xd8" + b"\xff\xfe\0\2" * 100_001, 99) == 99
