"""What happens to pixels: one warp, one change of light, one blur. Nothing is random.

A door to OpenCV, version 5: earlier ones round places to 1/32 pixel and refuse
panoramas of more than 32,767 pixels. Its own threads are left as they are: a limit
would hold for the whole process, and on 2 cores batches of numbers for a model come a
hundredth sooner with it.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from unfreeze.augment.geometry import Canvas, Matrix

__all__ = [
    "OPENCV",
    "Border",
    "Light",
    "LightTable",
    "average_areas",
    "blur",
    "light",
    "light_table",
    "warp",
]

OPENCV: str = cv2.__version__
"""Names everything that the result of a kernel depends on besides its arguments."""

Border: TypeAlias = Literal["reflect", "edge", "constant"]
"""What lies outside an image: its mirror image (without repeating the outermost
pixels), its outermost pixels repeated, or black."""

LightTable: TypeAlias = UInt8[np.ndarray, " 256"]

_BORDERS: dict[Border, int] = {
    "reflect": cv2.BORDER_REFLECT_101,
    "edge": cv2.BORDER_REPLICATE,
    "constant": cv2.BORDER_CONSTANT,
}

# Between two neighbouring results bilinear interpolation looks at two source pixels
# per axis. Read every 1.5th pixel or closer, each still counts; beyond that fine
# patterns start to alias, and areas are averaged first.
_WIDEST_STRIDE = 1.5


_LEVELS = np.linspace(0.0, 1.0, 256)


class Light(NamedTuple):
    """A change of light, the same for every pixel."""

    brightness: float
    """Added to every value on the 0-1 scale, from -1 to 1."""

    contrast: float
    """Factor around mid grey (0.5). 1 keeps the image, 0 gives plain grey."""


def warp(
    pixels: UInt8[np.ndarray, "H W 3"],
    matrix: Matrix,
    canvas: Canvas,
    border: Border = "reflect",
    out: UInt8[np.ndarray, "h w 3"] | None = None,
) -> UInt8[np.ndarray, "h w 3"]:
    """Fill a new canvas with one bilinear interpolation per pixel.

    Whole-pixel shifts, mirroring and quarter turns are exact. Where the matrix
    shrinks the image noticeably, areas are averaged first, so that fine patterns
    do not alias.

    Args:
        pixels: Source image; it is not changed.
        matrix: Maps places on ``canvas`` to places on the source, in the
            coordinates of ``geometry``.
        canvas: Size of the result.
        border: What lies outside the source.
        out: Where the result goes: contiguous, of the size of ``canvas``.
    """
    pixels, matrix = average_areas(pixels, matrix)
    # To the same values in half of the time: vector instructions take pixels of four
    # bytes as they lie, and have to sort those of three.
    warped = cv2.warpAffine(
        cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA),
        _between_pixel_centres(matrix),
        canvas,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=_BORDERS[border],
    )
    return cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB, dst=out)


def average_areas(
    pixels: UInt8[np.ndarray, "H W 3"], matrix: Matrix
) -> tuple[UInt8[np.ndarray, "h w 3"], Matrix]:
    """Shrink an image by averaging, as far as a warp with ``matrix`` would alias.

    Args:
        pixels: Source image; it is not changed.
        matrix: Maps places of a new canvas to places on the source, in the
            coordinates of ``geometry``.

    Returns:
        The smaller image and the matrix that belongs to it; where every pixel still
        counts in a bilinear interpolation, both as they came in.
    """
    (xx, xy, _), (yx, yy, _), _ = matrix.tolist()
    across, down = math.hypot(xx, xy), math.hypot(yx, yy)
    if max(across, down) <= _WIDEST_STRIDE:
        return pixels, matrix
    height, width = pixels.shape[:2]
    across, down = max(across, 1.0), max(down, 1.0)
    smaller = Canvas(max(1, round(width / across)), max(1, round(height / down)))
    shrink = np.diag((smaller.width / width, smaller.height / height, 1.0))
    return cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA), shrink @ matrix


def light_table(lights: Iterable[Light]) -> LightTable:
    """List what becomes of each of the 256 values, one change after another.

    Every change is clamped to the 0-1 scale before the next; rounding happens once.

    Example:
        >>> light_table([Light(brightness=0.2, contrast=1.0)])[[0, 100, 255]]
        array([ 51, 151, 255], dtype=uint8)
    """
    levels = _LEVELS
    for change in lights:
        levels = (levels - 0.5) * change.contrast + (0.5 + change.brightness)
        levels = np.minimum(np.maximum(levels, 0.0), 1.0)
    return np.rint(levels * 255).astype(np.uint8)


def light(
    pixels: UInt8[np.ndarray, "H W 3"],
    lights: Sequence[Light],
    out: UInt8[np.ndarray, "H W 3"] | None = None,
) -> UInt8[np.ndarray, "H W 3"]:
    """Do to every value what ``light_table`` lists for it.

    Args:
        pixels: They are not changed, unless they are ``out`` as well.
        lights: Changes, one after another. A single one is a straight line, which
            vector instructions follow twice as fast as they look up a table; in
            float32, so that one value in 100,000 ends a level beside it.
        out: Where the result goes.
    """
    if len(lights) != 1:
        return cv2.LUT(pixels, light_table(lights), dst=out)
    brightness, contrast = lights[0]
    shift = 255 * (0.5 + brightness - 0.5 * contrast)
    return cv2.addWeighted(pixels, contrast, pixels, 0.0, shift, dst=out)


def blur(pixels: UInt8[np.ndarray, "H W 3"], side: int) -> UInt8[np.ndarray, "H W 3"]:
    """Blur with a Gaussian of ``side`` x ``side`` pixels, an odd number.

    Its standard deviation is 0.15 * side + 0.35 pixels, the rule of OpenCV. A side
    of 1 changes nothing.
    """
    return cv2.GaussianBlur(pixels, (side, side), sigmaX=0.15 * side + 0.35)


def _between_pixel_centres(matrix: Matrix) -> Float64[np.ndarray, "2 3"]:
    """Move the origin from the corner of the first pixel to its centre, as in cv2."""
    (xx, xy, x0), (yx, yy, y0), _ = matrix.tolist()
    x0 += 0.5 * (xx + xy) - 0.5
    y0 += 0.5 * (yx + yy) - 0.5
    return np.array(((xx, xy, x0), (yx, yy, y0)))
