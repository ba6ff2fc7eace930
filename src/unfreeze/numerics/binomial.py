"""The binomial distribution: how often so few of many come by chance, exactly."""

import math

import numpy as np

__all__ = ["log_choose", "log_tail"]

_DEVIATIONS = 9
"""Of a binomial distribution, within which all of it lies, but for 1 in 10^18."""


def log_choose(count: int, hits: int) -> float:
    """Logarithm of the number of ways to take ``hits`` out of ``count``.

    Example:
        >>> round(math.exp(log_choose(49, 6)))
        13983816
    """
    return (
        math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    )


def log_tail(hits: int, count: int, rate: float) -> float:
    """Logarithm of the probability of ``hits`` or fewer in ``count`` trials.

    Summed from the largest term downwards, each by its ratio to the one before: no
    factorial is needed, and nothing overflows. Terms that add nothing that doubles can
    tell are left out, so that a million trials take no longer than a few thousand.

    Args:
        hits: 0 or more, and below ``count * rate``: the terms must fall.
        count: Trials.
        rate: Probability of a hit in each, above 0 and below 1.

    Returns:
        A number below 0; of a million trials it is exact to 1e-8.

    Example:
        >>> round(math.exp(log_tail(1, 8, 0.5)), 6)
        0.035156
    """
    deviation = math.sqrt(count * rate * (1 - rate))
    fewest = max(0, hits - math.ceil(_DEVIATIONS * deviation + _DEVIATIONS**2))
    fewer = np.arange(hits, fewest, -1)
    ratios = fewer * (1 - rate) / ((count - fewer + 1) * rate)
    log_largest = (
        log_choose(count, hits)
        + hits * math.log(rate)
        + (count - hits) * math.log1p(-rate)
    )
    return log_largest + math.log1p(float(np.cumprod(ratios).sum()))
