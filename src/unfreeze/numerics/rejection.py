"""From which probability on answers are right as often as wanted."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from unfreeze.errors import PlanError
from unfreeze.numerics.binomial import log_tail

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
    accepted = _last_proven(_ends_of_ties(sure, precision), mistakes, precision)
    if not accepted:
        return RejectLevel(precision, None, 0.0, 0, 0)
    return RejectLevel(
        precision=precision,
        threshold=float(sure[accepted - 1]),
        coverage=accepted / len(sure),
        accepted=accepted,
        wrong=int(mistakes[accepted - 1]),
    )


def _ends_of_ties(
    sure: Float[np.ndarray, " N"], precision: float
) -> Int[np.ndarray, " E"]:
    """How many answers can be accepted, as equally sure ones are all or none."""
    enough = math.ceil(math.log(_DOUBT) / math.log(precision))
    first = max(enough, math.ceil(_LEAST_COVERAGE * len(sure)))
    counts = np.arange(first, len(sure) + 1)
    is_last = np.ones(len(counts), dtype=bool)
    is_last[:-1] = sure[counts[:-1] - 1] != sure[counts[:-1]]
    return counts[is_last]


def _last_proven(
    counts: Int[np.ndarray, " E"], mistakes: Int[np.ndarray, " N"], precision: float
) -> int:
    """The last of ``counts`` before the first test that fails; 0 if there is none.

    More answers with no more mistakes fail no test, so that each number of mistakes is
    tested once, where it first occurs.
    """
    made = mistakes[counts - 1]
    for place in np.unique(made, return_index=True)[1]:
        if not _is_proven(int(made[place]), int(counts[place]), precision):
            return int(counts[place - 1]) if place else 0
    return int(counts[-1]) if len(counts) else 0


def _is_proven(mistakes: int, count: int, precision: float) -> bool:
    """Whether a lower precision hardly makes so few mistakes."""
    if mistakes >= count * (1 - precision):  # every other time it makes no more
        return False
    return log_tail(mistakes, count, 1 - precision) <= math.log(_DOUBT)
