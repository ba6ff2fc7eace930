"""Enlarge, shrink and filter pictures by products of small matrices."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float64

__all__ = ["blur", "cut", "weights"]


def weights(
    size: int, count: int, start: float = 0.0, stop: float = 1.0
) -> Float64[np.ndarray, "count size"]:
    """Weights that sample a part of a row of pixels, linearly and antialiased.

    Args:
        size: Pixels of the row.
        count: Samples to take.
        start: Where the part begins, as a share of the row; may lie outside of it.
        stop: Where it ends; more than ``start``.

    Returns:
        Rows that add up to 1. Beyond its ends, the row goes on as it ended.
    """
    step = (stop - start) * size / count
    places = start * size + (np.arange(count) + 0.5) * step - 0.5
    places = np.clip(places, 0, size - 1)[:, None]
    distances = np.abs(np.arange(size) - places) / max(step, 1.0)
    tent = np.clip(1 - distances, 0, None)
    return tent / tent.sum(axis=1, keepdims=True)


def cut(
    picture: Float64[np.ndarray, "H W"],
    shape: tuple[int, int],
    window: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0),
) -> Float64[np.ndarray, "h w"]:
    """Bring a window of a picture to another size.

    Args:
        picture: Brightness of its pixels.
        shape: Height and width afterwards.
        window: Top, bottom, left and right, as shares of the picture.
    """
    top, bottom, left, right = window
    rows = weights(picture.shape[0], shape[0], top, bottom)
    columns = weights(picture.shape[1], shape[1], left, right)
    return rows @ picture @ columns.T


def blur(
    picture: Float64[np.ndarray, "H W"], sigma: float
) -> Float64[np.ndarray, "H W"]:
    """Blur by a Gaussian of ``sigma`` pixels, whose weights add up to 1 at edges."""
    rows, columns = (_gaussian(size, sigma) for size in picture.shape)
    return rows @ picture @ columns.T


@lru_cache(maxsize=128)
def _gaussian(size: int, sigma: float) -> Float64[np.ndarray, "size size"]:
    distances = np.arange(size)[:, None] - np.arange(size)
    bell = np.exp(-(distances**2) / (2 * sigma**2))
    return bell / bell.sum(axis=1, keepdims=True)
