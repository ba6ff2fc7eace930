"""Images whose pixels tell where they came from, and a slow warp as an oracle."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from unfreeze.records import ImageSpec

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]


@pytest.fixture(scope="session")
def noise() -> Pixels:
    """Random 40 x 52 pixels: any wrong place shows at once. Read-only."""
    pixels = np.random.default_rng(3).integers(0, 256, (40, 52, 3), dtype=np.uint8)
    pixels.flags.writeable = False
    return pixels


@pytest.fixture(scope="session")
def ramps() -> Callable[[int, int], Pixels]:
    """Draw width x height pixels: red grows to the right, green downwards, blue 128.

    Steps are equal where a side divides 255.
    """

    def draw(width: int, height: int) -> Pixels:
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        levels = np.stack([255 * x / width, 255 * y / height, np.full(x.shape, 128)], 2)
        return np.floor(levels).astype(np.uint8)

    return draw


@pytest.fixture(scope="session")
def steps_of() -> Callable[[Pixels, int, int], Matrix]:
    """Measure a view of width x height ramps, in its middle, by least squares.

    Returns a 2 x 2 matrix: source pixels right and down (rows) per pixel of the view
    to the right and down (columns).
    """

    def measure(view: Pixels, width: int, height: int) -> Matrix:
        rows, columns = view.shape[0] // 3, view.shape[1] // 3
        middle = view[rows:-rows, columns:-columns].astype(float)
        y, x = (axis.ravel() for axis in np.indices(middle.shape[:2]))
        design = np.stack([x, y, np.ones(x.size)], 1)
        places = middle[..., :2].reshape(-1, 2) * (width / 255, height / 255)
        return np.linalg.lstsq(design, places, rcond=None)[0][:2].T

    return measure


@pytest.fixture(scope="session")
def slow_warp() -> Callable[[Pixels, Matrix, int, int, str], NDArray[np.float64]]:
    """Bilinear interpolation written out, at pixel centres, without rounding."""

    def warp(
        pixels: Pixels, matrix: Matrix, width: int, height: int, border: str
    ) -> NDArray[np.float64]:
        rows, columns = pixels.shape[:2]
        result = np.zeros((height, width, 3))
        for v, u in np.ndindex(height, width):
            x, y, _ = matrix @ (u + 0.5, v + 0.5, 1.0) - 0.5
            left, top = int(np.floor(x)), int(np.floor(y))
            for i, share_x in ((left, 1 - x + left), (left + 1, x - left)):
                for j, share_y in ((top, 1 - y + top), (top + 1, y - top)):
                    place = _inside(i, columns, border), _inside(j, rows, border)
                    if None not in place:
                        value = pixels[place[1], place[0]].astype(float)
                        result[v, u] += share_x * share_y * value
        return result

    return warp


@pytest.fixture(scope="session")
def spec() -> ImageSpec:
    """A square of 32 pixels."""
    return ImageSpec(size=32)


def _inside(place: int, count: int, border: str) -> int | None:
    if 0 <= place < count:
        return place
    match border:
        case "constant":
            return None
        case "edge":
            return min(max(place, 0), count - 1)
        case _:
            return _inside(-place if place < 0 else 2 * (count - 1) - place, count, "")
