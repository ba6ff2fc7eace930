"""Open an image, from wherever it comes, within limits of size; or say why not."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

from unfreeze.data.pillow.formats import recognised
from unfreeze.errors import ImageError

__all__ = ["Source", "opened", "read_file"]

Source: TypeAlias = Path | bytes | np.ndarray
"""A file, the content of a file, or pixels: uint8, H W for grey, or H W C with 1, 3
(RGB) or 4 (RGBA) channels."""

_MOST_PIXELS = 178_956_970  # pillow's own limit for an error: 2 * 1 GiB / 4 / 3
_MOST_BYTES = 2**31  # more than _MOST_PIXELS of 64-bit colour, uncompressed
_LONGEST = 200  # times the shorter side; beyond, resizing costs gigabytes


@contextmanager
def opened(source: Source) -> Iterator[Image.Image]:
    """Yield the image without decoding it; explain whatever pillow raises."""
    if isinstance(source, np.ndarray):
        yield _from_pixels(source)
        return
    if not isinstance(source, bytes | Path):
        raise ImageError(
            f"Got an object of {type(source).__name__}. Expected a path, the content "
            "of a file, or uint8 pixels: np.asarray(image.convert('RGB')) of a PIL "
            "image."
        )
    content = source if isinstance(source, bytes) else read_file(source)
    try:
        with recognised(content) as image:
            _check_size(*image.size)
            yield image
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # damaged bytes make format readers raise anything
        found = str(error).rstrip(".") or type(error).__name__
        raise ImageError(f"The file is damaged or cut short: {found}.") from error


def read_file(path: Path) -> bytes:
    """Read a whole image file.

    Raises:
        ImageError: If it cannot be opened or read, is no regular file, such as a pipe,
            which could be waited for without end, or is larger than 2 GiB.
    """
    try:
        if not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode):
            raise ImageError("It is a pipe, a socket or a device, not a regular file.")
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > _MOST_BYTES:
                raise ImageError(
                    f"The file has {size:,} bytes, expected no more than "
                    f"{_MOST_BYTES:,}. It is hardly an image."
                )
            return stream.read()
    except OSError as error:
        raise ImageError(_why_unreadable(error)) from error


def _from_pixels(pixels: np.ndarray) -> Image.Image:
    shape = pixels.shape
    is_image = pixels.ndim == 2 or (pixels.ndim == 3 and shape[2] in (1, 3, 4))
    if pixels.dtype != np.uint8 or not is_image or 0 in shape:
        raise ImageError(
            f"Got an array of {pixels.dtype} with the shape {shape}. Expected uint8, "
            "0-255, with the shape (height, width, 3)."
        )
    _check_size(shape[1], shape[0])
    return Image.fromarray(pixels[:, :, 0] if shape[2:] == (1,) else pixels)


def _check_size(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise ImageError(
            f"The image has {width} x {height} pixels, more than {_MOST_PIXELS:,} in "
            "all. Make it smaller."
        )
    if max(width, height) > _LONGEST * min(width, height):
        raise ImageError(
            f"The image has {width} x {height} pixels: one side is more than "
            f"{_LONGEST} times the other. Cut it into pieces."
        )


def _why_unreadable(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return "The file does not exist."
        case errno.EACCES | errno.EPERM:
            return "The file cannot be opened: permission denied."
        case errno.EISDIR:
            return "It is a folder, not a file."
        case _:
            return f"The file cannot be read: {error.strerror or error}."
