"""From which probability on answers are right as often as wanted."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from unfreeze.errors import PlanError

__all__ = ["RejectLevel", "reject_level"]

_DOUBT = 0.05
"""Probability that a threshold does not keep its promise."""

_LEAST_COVERAGE = 0.25
"""A threshold that accepts less is of little use, and looking for one would let a
single early mistake end the search."""


@dataclass(frozen=True, slots=True)
class RejectLevel:
    """What it takes to be right in a wanted share of the accepted answers."""

    precision: float
    """The wanted share, 0 to 1."""

    threshold: float | None
    """Answers with this probability or more are accepted. None: there were too few
    images, or too many confident mistakes, to promise any."""

    coverage: float
    """Share of all images whose answer is accepted, 0 to 1."""

    accepted: int
    """How many images that is."""

    wrong: int
    """How many of them the answer was wrong for."""


def reject_level(
    confidence: Float[np.ndarray, " N"],
    is_right: Bool[np.ndarray, " N"],
    precision: float,
) -> RejectLevel:
    """Find the smallest probability above which answers are right often enough.

    The promise holds for new images of the same kind with a confidence of 95 %. It is
    tested with the exact binomial distribution for the most confident answers first,
    then for one more at a time, up to the first test that fails. Such a fixed sequence
    needs no correction for many tests (Angelopoulos et al., "Learn then test", 2021).
    It begins with a quarter of the images, or where no mistake would be enough: with
    299 images for 0.99.

    Args:
        confidence: Probability of each answer, 0 to 1, of images that the model has
            not learned from.
        is_right: Whether the answer was right.
        precision: Wanted share of right answers among those accepted.

    Raises:
        PlanError: If ``precision`` is not above 0 and below 1.
    """
    if not 0 < precision < 1:
        raise PlanError(
            f"A wanted precision is above 0 and below 1, got {precision:g}."
        )
    order = np.argsort(-confidence, kind="stable")
    sure, mistakes = confidence[order], np.cumsum(~is_right[order])
    needed = [_least_images(0, precision)]
    accepted = 0
    first = max(needed[0], math.ceil(_LEAST_COVERAGE * len(sure)))
    for count in range(first, len(sure) + 1):
        is_tied = count < len(sure) and sure[count] == sure[count - 1]
        if is_tied:
            continue
        while len(needed) <= mistakes[count - 1]:
            needed.append(_least_images(len(needed), precision))
        if count < needed[mistakes[count - 1]]:
            break
        accepted = count
    if not accepted:
        return RejectLevel(precision, None, 0.0, 0, 0)
    return RejectLevel(
        precision=precision,
        threshold=float(sure[accepted - 1]),
        coverage=accepted / len(sure),
        accepted=accepted,
        wrong=int(mistakes[accepted - 1]),
    )


def _least_images(mistakes: int, precision: float) -> int:
    """How many images make so few mistakes too improbable for a lower precision."""
    low, high = mistakes, max(2 * mistakes, 1)
    while _log_tail(mistakes, high, precision) > math.log(_DOUBT):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _log_tail(mistakes, middle, precision) > math.log(_DOUBT):
            low = middle
        else:
            high = middle
    return high


def _log_tail(mistakes: int, count: int, precision: float) -> float:
    """Logarithm of the probability of at most so many mistakes."""
    number = np.arange(mistakes + 1)
    log_factorial = np.concatenate(
        [[0.0], np.cumsum(np.log(np.arange(1, mistakes + 1)))]
    )
    # log of count! / (count - number)!
    falling = np.concatenate(
        [[0.0], np.cumsum(np.log(count - np.arange(mistakes, dtype=float)))]
    )
    terms = (
        falling
        - log_factorial
        + number * math.log1p(-precision)
        + (count - number) * math.log(precision)
    )
    highest = float(terms.max())
    return highest + math.log(float(np.exp(terms - highest).sum()))
