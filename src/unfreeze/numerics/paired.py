"""Two answers to the same questions: is one of them better, and by how much?

Both are right on some photos and wrong on some, and these say nothing about which is
better. All that counts is where they differ: photos that were wrong and are right
(fixed), and those that were right and are wrong (broken).
"""

import math
from collections.abc import Callable
from statistics import NormalDist

from unfreeze.errors import PlanError

__all__ = ["difference_interval", "fewest_to_tell", "mcnemar"]

_HALVINGS = 60
"""Of an interval of length 2, down to the last bit of a float."""


def mcnemar(fixed: int, broken: int) -> float:
    """Probability that chance alone splits the disagreements at least this unevenly.

    McNemar's test (Psychometrika 12, 1947) in its exact form, which holds for few
    disagreements as well as for many: if neither answer is better, each disagreement
    falls to either side like a coin. Two-sided; at a level of 0.05 it raises a false
    alarm in at most 5 of 100 comparisons, and with few disagreements in fewer.

    Args:
        fixed: Wrong first and right then, 0 or more.
        broken: Right first and wrong then, 0 or more.

    Returns:
        The p-value, 0 to 1.

    Example:
        >>> round(mcnemar(1, 7), 6)
        0.070312
    """
    tosses = fixed + broken
    fewer = min(fixed, broken)
    if 2 * fewer >= tosses - 1:
        return 1.0
    # From the largest term downwards, each by its ratio to the one before: no
    # factorial is needed, and nothing overflows.
    share = total = 1.0
    for count in range(fewer, 0, -1):
        share *= count / (tosses - count + 1)
        total += share
    log_largest = (
        math.lgamma(tosses + 1)
        - math.lgamma(fewer + 1)
        - math.lgamma(tosses - fewer + 1)
        - (tosses - 1) * math.log(2)
    )
    return min(math.exp(log_largest) * total, 1.0)


def fewest_to_tell(alpha: float) -> int:
    """How many disagreements, all to one side, bring ``mcnemar`` below ``alpha``.

    Raises:
        PlanError: If alpha is not between 0 and 1.

    Example:
        >>> fewest_to_tell(0.05)
        6
    """
    _require_share("alpha", alpha)
    return math.floor(1 - math.log2(alpha)) + 1


def difference_interval(
    fixed: int, broken: int, num_images: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Where the true difference of two accuracies lies, measured on the same photos.

    The score interval of Tango (Statistics in Medicine 17, 1998, pages 891-908), which
    Fagerland, Lydersen and Laake recommend for such pairs (Statistics in Medicine 33,
    2014, pages 2850-2875). It holds the differences that a score test does not reject,
    and so has a width even where the answers never differ.

    Args:
        fixed: Wrong first and right then.
        broken: Right first and wrong then.
        num_images: Those and all others, 1 or more.
        confidence: Share of such intervals that hold the true difference, between 0
            and 1.

    Returns:
        Lower and upper end, as shares from -1 to 1; positive where the second answer
        is better.

    Raises:
        PlanError: If the counts do not fit together, or confidence is out of range.
    """
    _require_share("confidence", confidence)
    if min(fixed, broken) < 0 or not 0 < max(num_images, 0) >= fixed + broken:
        raise PlanError(
            f"Of {num_images} photos {fixed} cannot be fixed and {broken} broken. "
            "Expected counts of the same photos, and one photo at least."
        )
    limit = NormalDist().inv_cdf((1 + confidence) / 2)
    observed = (fixed - broken) / num_images

    def deviation(difference: float) -> float:
        return _deviation(fixed, broken, num_images, difference)

    # The deviation falls while the difference rises.
    lower = _boundary(-1.0, observed, lambda at: deviation(at) > limit)
    upper = _boundary(observed, 1.0, lambda at: deviation(at) > -limit)
    return lower, upper


def _deviation(fixed: int, broken: int, num_images: int, difference: float) -> float:
    """How far the counts lie from a true difference, in standard deviations.

    The share of broken photos that goes into the standard deviation is the most likely
    one under that difference: the greater root of a quadratic.
    """
    n, spread = num_images, difference * (1 - difference)
    linear = (2 * n - fixed + broken) * difference - fixed - broken
    root = math.sqrt(max(linear**2 + 8 * n * broken * spread, 0.0))
    likely_broken = (root - linear) / (4 * n)
    variance = n * (2 * likely_broken + spread)
    distance = fixed - broken - n * difference
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def _boundary(low: float, high: float, is_below: Callable[[float], bool]) -> float:
    """Where ``is_below`` turns from true to false, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2


def _require_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise PlanError(f"{name} must be above 0 and below 1, got {value:g}.")
