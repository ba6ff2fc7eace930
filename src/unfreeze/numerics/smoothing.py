"""Take the noise out of a series of losses."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

__all__ = ["RunningMean", "local_lines", "running_median", "smoothed"]


@dataclass(frozen=True, slots=True)
class RunningMean:
    """An exponential mean that is unbiased from its first value on.

    Example:
        >>> RunningMean().plus(2.0).plus(2.0).value
        2.0
    """

    decay: float = 0.98
    """How much of the past each new value keeps; the lesson's figure."""

    weighted_sum: float = 0.0
    weight: float = 0.0

    def plus(self, value: float) -> "RunningMean":
        """Take one more value into account."""
        return replace(
            self,
            weighted_sum=self.decay * self.weighted_sum + (1 - self.decay) * value,
            weight=self.decay * self.weight + (1 - self.decay),
        )

    @property
    def value(self) -> float:
        """The mean so far; not a number before the first value."""
        return self.weighted_sum / self.weight if self.weight else float("nan")


def smoothed(values: Iterable[float], decay: float = 0.98) -> Float[np.ndarray, " N"]:
    """Give the running mean after each of ``values``."""
    mean, means = RunningMean(decay), []
    for value in values:
        mean = mean.plus(value)
        means.append(mean.value)
    return np.array(means)


def running_median(
    values: Float[np.ndarray, " N"], width: int
) -> Float[np.ndarray, " N"]:
    """Replace each value by the median of the ``width`` (odd) values around it.

    The ends are repeated outwards, so that nothing is lost there.
    """
    padded = np.pad(values, width // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    return np.median(windows, axis=1)


def local_lines(
    x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"], width: float
) -> Float[np.ndarray, " N"]:
    """Fit a straight line around each point, and read its height there.

    Neighbours count less with distance (a Gaussian of standard deviation ``width``).
    Unlike a moving average this does not bend at the ends (Cleveland 1979). Takes
    N * N memory.
    """
    distances = x[None, :] - x[:, None]
    weights = np.exp(-0.5 * (distances / width) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    centres = (weights * distances).sum(axis=1, keepdims=True)
    deviations = distances - centres
    spreads = (weights * deviations**2).sum(axis=1)
    slopes = (weights * deviations) @ y / spreads
    heights: Float[np.ndarray, " N"] = weights @ y - slopes * centres[:, 0]
    return heights
