"""How well a picture agrees with a window of another one, once they lie exactly.

The window's four edges are moved by Gauss-Newton steps until the two agree (Lucas and
Kanade, "An iterative image registration technique", 1981), up to a change of contrast
and brightness. Then fine detail is compared: in two photos of the same kind of thing,
such as two chest X-rays, the coarse structure can be alike, but detail is not.
"""

import numpy as np
from jaxtyping import Float64

from unfreeze.numerics.placement import Window
from unfreeze.numerics.resample import blur, cut

__all__ = ["detail_agreement"]

_SIDE = 96
_SMOOTH = (1.5, 6.0)
"""Structure that guides the steps: between blurs of these many pixels."""

_DETAIL = (0.7, 2.0)
"""What is compared in the end."""

_MOST_STEPS = 8
_LONGEST_STEP = 0.04  # share of the picture by which an edge moves at once
_PLACES = (np.arange(_SIDE) + 0.5) / _SIDE


def detail_agreement(
    part: Float64[np.ndarray, "H W"], whole: Float64[np.ndarray, "h w"], window: Window
) -> float:
    """Correlate the fine detail of a picture and of a window of another.

    Args:
        part: Brightness, at 128 pixels a side or more.
        whole: Likewise.
        window: About where ``part`` lies in ``whole``.

    Returns:
        -1 to 1. In measurements, 0.99 and more for copies of the same photo that were
        cropped, resized or compressed again, and below 0.8 for different photos.
    """
    sample = cut(part, (_SIDE, _SIDE))
    target = _between(sample, *_SMOOTH)
    best, best_window = -1.0, window
    for _ in range(_MOST_STEPS):
        found = _between(cut(whole, (_SIDE, _SIDE), window), *_SMOOTH)
        agreement = _correlation(found, target)
        if agreement <= best:
            break
        best, best_window = agreement, window
        window = _moved(window, found, target)
    detail = _between(cut(whole, (_SIDE, _SIDE), best_window), *_DETAIL)
    return _correlation(detail, _between(sample, *_DETAIL))


def _moved(
    window: Window,
    found: Float64[np.ndarray, "S S"],
    target: Float64[np.ndarray, "S S"],
) -> Window:
    """Move the edges to where ``found`` would be a multiple of ``target``."""
    top, bottom, left, right = window
    down, across = np.gradient(found)
    down *= _SIDE / (bottom - top)
    across *= _SIDE / (right - left)
    rows, columns = _PLACES[:, None], _PLACES
    changes = np.stack(
        [
            down * (1 - rows),
            down * rows,
            across * (1 - columns),
            across * columns,
            -target,
            -np.ones_like(target),
        ]
    ).reshape(6, -1)
    normal = changes @ changes.T
    normal[np.diag_indices(6)] *= 1.001  # solvable also where nothing changes
    normal[np.diag_indices(6)] += 1e-9
    steps = np.linalg.solve(normal, -changes @ found.ravel())[:4]
    edges = np.array(window) + np.clip(steps, -_LONGEST_STEP, _LONGEST_STEP)
    return float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])


def _between(
    picture: Float64[np.ndarray, "S S"], fine: float, coarse: float
) -> Float64[np.ndarray, "S S"]:
    return blur(picture, fine) - blur(picture, coarse)


def _correlation(
    first: Float64[np.ndarray, "S S"], second: Float64[np.ndarray, "S S"]
) -> float:
    first, second = first - first.mean(), second - second.mean()
    scale = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / (scale + 1e-9))
