"""Small pictures that are part of a web page: data addresses instead of files."""

import base64
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from unfreeze.data.decode import Source, encode, read_pixels
from unfreeze.errors import ImageError

__all__ = ["picture_uri", "thumbnail", "thumbnail_or_none"]

_LONGEST = 2
"""Times the shorter side; a longer strip shows its middle."""


def thumbnail(source: Source, side: int = 160, quality: int = 80) -> str:
    """Make a JPEG of a whole photo, upright, as a data address for ``<img src>``.

    Args:
        source: File, content of a file, or pixels.
        side: Length of the shorter side, in pixels. Of a photo more than twice as long
            as wide, the middle is shown.
        quality: Of the JPEG, 1 to 95.

    Raises:
        ImageError: If this is no image, or one that is damaged or out of all size.
    """
    pixels = read_pixels(source, short_side=side)
    height, width, _ = pixels.shape
    return picture_uri(
        pixels[_middle(height, _LONGEST * side), _middle(width, _LONGEST * side)],
        quality,
    )


def thumbnail_or_none(path: Path, side: int = 160) -> str | None:
    """The same of a file that may be damaged, or gone by now."""
    try:
        return thumbnail(path, side)
    except ImageError:
        return None


def picture_uri(pixels: UInt8[np.ndarray, "H W *C"], quality: int = 80) -> str:
    """Make a JPEG of RGB or grey pixels as they are, as a data address."""
    content = encode(np.ascontiguousarray(pixels), "JPEG", quality)
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode('ascii')}"


def _middle(length: int, most: int) -> slice:
    begin = max(0, (length - most) // 2)
    return slice(begin, begin + most)
