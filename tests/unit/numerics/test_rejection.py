"""Mirrors src/unfreeze/numerics/rejection.py."""

import math

import numpy as np
import pytest
from scipy import stats

from unfreeze.errors import PlanError
from unfreeze.numerics.rejection import reject_level


def _ranked(pattern: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Answers from the surest down, as (is right, how many of them) in a row."""
    is_right = np.concatenate([np.full(count, right) for right, count in pattern])
    return np.linspace(0.999, 0.5, len(is_right)), is_right


@pytest.mark.parametrize(("precision", "count"), [(0.99, 299), (0.95, 59), (0.9, 29)])
def test_it_takes_many_images_to_promise_much(precision: float, count: int) -> None:
    """0.99 to the power of 299 is the first below 5 %."""
    enough, too_few = _ranked([(True, count)]), _ranked([(True, count - 1)])

    assert reject_level(*enough, precision).accepted == count
    assert reject_level(*too_few, precision).threshold is None


def test_the_last_accepted_answer_keeps_the_exact_binomial_bound() -> None:
    confidence, is_right = _ranked(
        [(True, 150), (False, 1), (True, 200), (False, 1), (True, 9), (False, 400)]
    )

    level = reject_level(confidence, is_right, 0.95)

    bound = stats.binomtest(
        level.accepted - level.wrong, level.accepted, alternative="greater"
    ).proportion_ci(0.95, method="exact")
    assert bound.low >= 0.95
    next_one = stats.binomtest(
        level.accepted - level.wrong,
        level.accepted + 1,
        alternative="greater",
    ).proportion_ci(0.95, method="exact")
    assert next_one.low < 0.95
    assert level.threshold == confidence[level.accepted - 1]
    assert level.coverage == level.accepted / len(confidence)


def test_one_early_mistake_does_not_end_the_search() -> None:
    """Of the first 29 none may be wrong for 0.9, of the first 60 one may."""
    confidence, is_right = _ranked([(True, 10), (False, 1), (True, 229)])

    assert reject_level(confidence, is_right, 0.9).accepted == 240


def test_tied_answers_are_accepted_together() -> None:
    confidence = np.array([0.99] * 100 + [0.7] * 100)
    is_right = np.array([True] * 110 + [False] * 90)

    level = reject_level(confidence, is_right, 0.95)

    assert (level.threshold, level.accepted, level.wrong) == (0.99, 100, 0)


def _accepted_one_by_one(
    confidence: np.ndarray, is_right: np.ndarray, precision: float
) -> int:
    """As the docstring says it, with scipy's binomial distribution."""
    order = np.argsort(-confidence, kind="stable")
    sure, mistakes = confidence[order], np.cumsum(~is_right[order])
    accepted = 0
    for count in range(math.ceil(len(sure) / 4), len(sure) + 1):
        is_tied = count < len(sure) and sure[count] == sure[count - 1]
        if is_tied or precision**count > 0.05:
            continue
        if stats.binom.cdf(mistakes[count - 1], count, 1 - precision) > 0.05:
            break
        accepted = count
    return accepted


@pytest.mark.parametrize("seed", range(60))
def test_it_is_what_testing_one_count_after_the_other_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence = rng.beta(rng.uniform(1, 9), 1, size=rng.integers(1, 500))
    if seed % 2:
        confidence = confidence.round(2)  # with ties
    is_right = rng.random(len(confidence)) < confidence ** rng.uniform(0.2, 2)
    precision = rng.choice([0.05, 0.5, 0.8, 0.9, 0.99])

    level = reject_level(confidence, is_right, precision)

    assert level.accepted == _accepted_one_by_one(confidence, is_right, precision)


@pytest.mark.parametrize(("precision", "accepted"), [(0.845, 300_000), (0.851, 0)])
def test_many_mistakes_among_many_images_are_soon_counted(
    precision: float, accepted: int
) -> None:
    """15 % are wrong, from the surest on; a quarter shows that to 0.13 %."""
    is_right = np.arange(300_000) % 20 < 17

    level = reject_level(np.linspace(0.999, 0.5, 300_000), is_right, precision)

    assert level.accepted == accepted


def test_promises_are_kept_on_new_images() -> None:
    """Probabilities are right and follow Beta(8, 1).

    Those above t are on average right in 8/9 (1 - t^9) / (1 - t^8) of cases.
    """
    rng = np.random.default_rng(0)
    levels = []
    for _ in range(150):
        confidence = rng.beta(8, 1, size=300)
        is_right = rng.random(300) < confidence
        levels.append(reject_level(confidence, is_right, 0.9))

    found = np.array([each.threshold for each in levels if each.threshold is not None])
    precision = 8 / 9 * (1 - found**9) / (1 - found**8)

    assert len(found) > 100
    assert (precision < 0.9).sum() / len(levels) <= 0.05


@pytest.mark.parametrize("precision", [0.0, 1.0, -1.0, 1.5])
def test_a_precision_that_nothing_can_promise_is_refused(precision: float) -> None:
    with pytest.raises(PlanError, match="above 0 and below 1"):
        reject_level(*_ranked([(True, 5)]), precision)
