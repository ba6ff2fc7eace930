"""Mirrors src/unfreeze/insight/comparison_words.py."""

import pytest

from unfreeze.insight.comparison import Comparison, Outcomes, compared
from unfreeze.insight.comparison_words import (
    cautions,
    headline,
    interval_words,
    p_value_words,
    reasons,
)


def outcomes(
    predicted: str, labels: str = "", classes: tuple[str, ...] = ("a", "b")
) -> Outcomes:
    """One photo per letter."""
    count = len(predicted)
    return Outcomes(
        [f"{row}.jpg" for row in range(count)],
        list(labels or "a" * count),
        list(predicted),
        [0.9] * count,
        [0.1] * count,
        classes,
    )


def made(fixed: int, broken: int, num_images: int = 100) -> Comparison:
    level = "a" * (num_images - fixed - broken)
    first = "b" * fixed + "a" * broken + level
    second = "a" * fixed + "b" * broken + level
    return compared(outcomes(first), outcomes(second))


@pytest.mark.parametrize(
    ("fixed", "broken", "words"),
    [
        (9, 0, "The second run is better."),
        (0, 9, "The second run is worse."),
        (4, 5, "There is no clear difference."),
        (0, 0, "Both runs are right on the same photos."),
    ],
)
def test_the_verdict_is_one_sentence(fixed: int, broken: int, words: str) -> None:
    assert headline(made(fixed, broken)) == words


def test_reasons_hold_the_figures() -> None:
    words = reasons(made(1, 9))  # 2 * 11 / 1024 = 0.0215

    assert "from 99.0 % to 91.0 % on the same 100 photos (-8.0 points" in words
    assert "mends 1 and breaks 9" in words
    assert "unevenly in 2.1 % of such comparisons" in words
    assert "p = 0.021)" in words


def test_what_chance_hardly_does_is_not_rounded_up() -> None:
    assert "in fewer than 0.1 % of such comparisons" in reasons(made(0, 20))


def test_a_p_value_that_is_too_small_for_a_number_is_none_of_0() -> None:
    found = made(0, 2000, 2000)  # 2 / 2**2000, and the least number is 2**-1074

    assert found.p_value == 0
    assert "exact test, p < 0.0001)" in reasons(found)


@pytest.mark.parametrize(
    ("p_value", "alpha", "words"),
    [
        (1.0, 0.05, "= 1"),
        (0.0215, 0.05, "= 0.021"),
        (0.05, 0.05, "= 0.05"),
        (0.0499, 0.05, "= 0.0499"),  # "0.05" would be no clear difference
        (0.049999, 0.05, "= 0.049999"),
        (0.0504, 0.05, "= 0.05"),
        (0.0001, 0.05, "= 0.0001"),
        (0.000099, 0.05, "< 0.0001"),
        (5e-7, 1e-6, "< 1e-06"),
        (5e-6, 1e-6, "= 5e-06"),
        (0.0, 0.05, "< 0.0001"),
    ],
)
def test_a_p_value_reads_as_it_is_judged(
    p_value: float, alpha: float, words: str
) -> None:
    assert p_value_words(p_value, alpha) == words


def test_without_disagreements_there_is_no_test_to_tell_of() -> None:
    assert "McNemar" not in reasons(made(0, 0))


def test_the_interval_says_how_sure_it_is() -> None:
    found = compared(outcomes("ab" * 20), outcomes("aa" * 20), alpha=0.1)

    assert interval_words(found).startswith("90 % interval +")


def test_too_few_disagreements_are_said() -> None:
    assert "disagree on 5 photos, which is too few" in cautions(made(0, 5))[0]
    assert cautions(made(0, 6)) == []
    assert cautions(made(0, 0)) == []


def test_what_was_left_out_is_said() -> None:
    found = compared(
        outcomes("aab", "aab"), outcomes("aabb", "aaab", classes=("a", "b", "c"))
    )

    assert cautions(found) == [
        "Left out: 0 photos that only the first run answered, and 1 that only the "
        "second did.",
        "Left out: 1 photo with another label in the second run.",
        "Only the second run knows 1 class: c.",
    ]
