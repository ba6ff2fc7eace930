"""Mirrors src/unfreeze/data/exif.py."""

import pytest
from PIL import Image

from unfreeze.data.exif import orientation, orientation_in_text, orientation_in_xmp


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


def test_a_block_in_text_is_read() -> None:
    text = "\nexif\n      98\n" + _block(8).hex("\n", 36)

    assert orientation_in_text(text) == 8


@pytest.mark.parametrize(
    "text", ["", "\nexif\n 4\nno hex", "\nexif\n 4\nabc", "\nexif\n 4\n4578"]
)
def test_a_damaged_text_counts_as_upright(text: str) -> None:
    assert orientation_in_text(text) == 1


@pytest.mark.parametrize(
    ("xmp", "way"),
    [
        (b'<r tiff:Orientation="6"/>', 6),
        ("<tiff:Orientation>3</tiff:Orientation>", 3),
        (b'<r tiff:Orientation="9"/>', 1),
        (b"\xff\xfe", 1),
        (None, 1),
        ((60, 114), 1),
    ],
    ids=str,
)
def test_xmp_is_read_where_it_is_xmp(xmp: object, way: int) -> None:
    assert orientation_in_xmp(xmp) == way
