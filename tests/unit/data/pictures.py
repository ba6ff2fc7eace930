"""Pictures to decode, and the content of files that hold them."""

import io
import struct

import numpy as np
from PIL import Image


def noisy_photo(width: int = 150, height: int = 100) -> Image.Image:
    """A picture with smooth parts, edges and noise."""
    rng = np.random.default_rng(width * 1000 + height)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 5)], axis=-1)
    pixels = 128 + 70 * waves + 50 * (x > width / 2)[:, :, None]
    noisy = pixels + rng.normal(0, 12, pixels.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def file_content(
    image: Image.Image, file_format: str = "PNG", **settings: object
) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **settings)
    return stream.getvalue()


def largest_difference(first: np.ndarray, second: np.ndarray) -> int:
    """In levels, of pixels of equal shape."""
    assert first.shape == second.shape
    return int(np.abs(first.astype(int) - second.astype(int)).max())


def rle_bmp(side: int) -> bytes:
    """A BMP whose rows are one pixel and the word that they end: 4 bytes for each."""
    rows = b"\1\1\0\0" * side + b"\0\1"
    start = 14 + 40 + 1024
    sizes = (40, side, side, 1, 8, 1, len(rows), 0, 0, 256, 0)
    head = struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
    return head + struct.pack("<IiiHHIIiiII", *sizes) + bytes(1024) + rows


def tiff_of_strips(rows: int) -> bytes:
    """A grey TIFF, 20 pixels wide, whose rows are strips in one and the same place."""
    places = 8 + 2 + 12 * 8 + 4
    tags = [
        (256, 1, 20), (257, 1, rows), (258, 1, 8), (259, 1, 1), (262, 1, 1),
        (273, rows, places), (278, 1, 1), (279, rows, places + 4 * rows),
    ]  # fmt: skip
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    listed = b"".join(struct.pack("<HHII", tag, 4, *rest) for tag, *rest in tags)
    places_and_lengths = struct.pack("<I", 8) * rows + struct.pack("<I", 20) * rows
    return head + listed + bytes(4) + places_and_lengths
