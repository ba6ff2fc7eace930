"""Mirrors src/unfreeze/data/exif.py."""

import pytest
from PIL import Image

from unfreeze.data.exif import orientation


def _block(way: int, order: str = "<") -> bytes:
    """An EXIF block as pillow writes it, with other tags around the one in question."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "A maker of cameras"
    exif[0x0112] = way
    exif[0x011A] = 72.0
    return exif.tobytes()


@pytest.mark.parametrize("way", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_all_orientations_are_read_in_both_byte_orders(way: int, order: str) -> None:
    assert orientation(_block(way, order)) == way


def test_the_marker_in_front_may_be_missing() -> None:
    assert orientation(_block(6).removeprefix(b"Exif\0\0")) == 6


@pytest.mark.parametrize("way", [0, 9, 255])
def test_values_without_meaning_count_as_upright(way: int) -> None:
    assert orientation(_block(way)) == 1


def test_a_silent_block_counts_as_upright() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker of cameras"

    assert orientation(exif.tobytes()) == 1


def test_a_block_cut_anywhere_counts_as_upright_or_is_read() -> None:
    block = _block(6)

    assert {orientation(block[:end]) for end in range(len(block))} == {1, 6}
    assert orientation(b"no such thing") == 1
