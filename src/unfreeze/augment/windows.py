"""The part of an image that a warp reads, so that the rest need not travel."""

import math

import numpy as np
from jaxtyping import UInt8

from unfreeze.augment.geometry import Canvas, Matrix

__all__ = ["cut_to_window"]

_MARGIN = 1  # pixels, where rounding in float32 moves a place across a pixel's middle


def cut_to_window(
    pixels: UInt8[np.ndarray, "H W 3"], matrix: Matrix, canvas: Canvas
) -> tuple[UInt8[np.ndarray, "h w 3"], Matrix]:
    """Leave out rows and columns that a warp does not look at.

    A side of the image beyond which the warp looks stays a side of the window, and so
    does every pixel that a mirror image shows there. So the warp gives the same with
    any border.

    Args:
        pixels: Source image; it is not changed.
        matrix: Maps places on ``canvas`` to places on the source, in the coordinates
            of ``geometry``.
        canvas: Size of the result of the warp.

    Returns:
        A copy of the window, at least one pixel large, and the matrix that belongs to
        it; where nothing can be left out, both as they came in.
    """
    height, width = pixels.shape[:2]
    (xx, xy, x0), (yx, yy, y0) = matrix[:2].tolist()
    left, right = _window(xx, xy, x0, canvas, width)
    top, bottom = _window(yx, yy, y0, canvas, height)
    if (left, right, top, bottom) == (0, width, 0, height):
        return pixels, matrix
    moved = matrix.copy()
    moved[:2, 2] -= (left, top)
    # A copy: a view would keep all of the image in memory.
    return pixels[top:bottom, left:right].copy(), moved


def _window(
    per_column: float, per_row: float, shift: float, canvas: Canvas, length: int
) -> tuple[int, int]:
    """First pixel that is read along one axis of the source, and the end."""
    across = per_column * (canvas.width - 1)
    down = per_row * (canvas.height - 1)
    first = shift + (per_column + per_row) / 2 - 0.5  # the first pixel's centre
    nearest = first + min(across, 0.0) + min(down, 0.0)
    farthest = first + max(across, 0.0) + max(down, 0.0)
    low = math.floor(nearest) - _MARGIN
    high = math.floor(farthest) + 1 + _MARGIN
    # What lies d pixels outside shows the pixel d pixels inside, in a mirror image.
    last = length - 1
    start = max(0, min(low, 2 * last - high))
    end = min(last, max(high, -low))
    return start, end + 1
