"""The hypergeometric distribution: how much two sets overlap by chance, exactly."""

import math

import numpy as np

from unfreeze.numerics.binomial import log_choose

__all__ = ["log_overlap"]


def log_overlap(both: int, one: int, other: int, count: int) -> float:
    """Logarithm of the probability that two sets share ``both`` members or more.

    One side of Fisher's exact test (Fisher, Statistical Methods for Research Workers,
    5th edition, 1934): of ``count`` things, ``one`` have a property and ``other`` are
    in a group, drawn by chance. Summed from the largest term upwards, each by its
    ratio to the one before, so that nothing overflows.

    Args:
        both: Members of the group that have the property; at least as many as expected
            (``one * other / count``), for the terms must fall, and at most ``one`` and
            ``other``.
        one: Things with the property, 1 or more.
        other: Members of the group, 1 or more.
        count: Things in all.

    Returns:
        At most 0; of a million things it is exact to 1e-7.

    Example:
        >>> round(math.exp(log_overlap(4, 4, 4, 8)) * 70)  # 1 of 70 ways to choose 4
        1
    """
    more = np.arange(both, min(one, other), dtype=np.float64)
    ratios = (
        (one - more) * (other - more) / ((more + 1) * (count - one - other + more + 1))
    )
    log_largest = (
        log_choose(one, both)
        + log_choose(count - one, other - both)
        - log_choose(count, other)
    )
    return min(log_largest + math.log1p(float(np.cumprod(ratios).sum())), 0.0)
