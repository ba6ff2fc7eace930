"""Nearest neighbours among the rows of a table."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64, Shaped

__all__ = [
    "Neighbours",
    "nearest",
    "neighbour_distances",
    "robust_scores",
    "scaled",
    "standardised",
]

_CELLS_AT_ONCE = 2**24


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest other rows of each row, nearest first."""

    rows: Int64[np.ndarray, "N k"]
    similarities: Float32[np.ndarray, "N k"]
    """Cosines, -1 to 1."""


def scaled(features: Shaped[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """Bring every column to mean 0 and standard deviation 1.

    Columns that are the same everywhere become zeros.
    """
    values = np.asarray(features, dtype=np.float32)
    if not len(values):
        return values
    values = values - values.mean(axis=0)
    return values / (values.std(axis=0) + 1e-6)


def standardised(features: Shaped[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """Bring every column to one scale, then every row to norm 1.

    The row that is the mean becomes zeros.
    """
    values = scaled(features)
    return values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-6)


def neighbour_distances(
    rows: Float32[np.ndarray, "N D"], count: int
) -> Float64[np.ndarray, " N"]:
    """Mean Euclidean distance of each row to its nearest ``count`` others.

    Raises:
        ValueError: If there are not as many others.
    """
    if not 1 <= count < len(rows):
        raise ValueError(f"Of {len(rows)} rows, none has {count} others.")
    lengths = (rows**2).sum(axis=1)
    found = np.empty(len(rows))
    block = max(1, _CELLS_AT_ONCE // len(rows))
    for start in range(0, len(rows), block):
        stop = min(start + block, len(rows))
        squares = lengths[start:stop, None] + lengths - 2 * rows[start:stop] @ rows.T
        squares[np.arange(stop - start), np.arange(start, stop)] = np.inf
        nearest_ones = np.partition(squares, count - 1, axis=1)[:, :count]
        found[start:stop] = np.sqrt(np.maximum(nearest_ones, 0)).mean(axis=1)
    return found


def nearest(units: Float32[np.ndarray, "N D"], count: int) -> Neighbours:
    """Find the nearest neighbours of every row by cosine, itself left out.

    Args:
        units: Rows of norm 1, or 0.
        count: Neighbours of each; fewer where there are not as many other rows.
    """
    count = max(0, min(count, len(units) - 1))
    rows = np.empty((len(units), count), dtype=np.int64)
    cosines = np.empty((len(units), count), dtype=np.float32)
    block = max(1, _CELLS_AT_ONCE // max(1, len(units)))
    for start in range(0, len(units), block):
        stop = min(start + block, len(units))
        table = units[start:stop] @ units.T
        table[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        rows[start:stop], cosines[start:stop] = _largest(table, count)
    return Neighbours(rows, cosines)


def _largest(
    table: Float32[np.ndarray, "B N"], count: int
) -> tuple[Int64[np.ndarray, "B k"], Float32[np.ndarray, "B k"]]:
    some = np.argpartition(-table, max(0, count - 1), axis=1)[:, :count]
    values = np.take_along_axis(table, some, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return (
        np.take_along_axis(some, order, axis=1),
        np.take_along_axis(values, order, axis=1),
    )


def robust_scores(values: Float64[np.ndarray, " N"]) -> Float64[np.ndarray, " N"]:
    """How many robust standard deviations each value lies above the median.

    By the median absolute deviation, scaled to agree with the standard deviation of
    normal values (Rousseeuw and Croux, 1993); outliers do not widen it. Where more than
    half of the values are equal there is no scale, and every score is 0.
    """
    deviations = values - np.median(values)
    spread = 1.4826 * np.median(np.abs(deviations))
    return deviations / spread if spread > 0 else np.zeros_like(deviations)
