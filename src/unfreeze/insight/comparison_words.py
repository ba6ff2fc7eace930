"""What a comparison says, in sentences for a terminal and a page."""

from unfreeze.insight.comparison import Comparison
from unfreeze.insight.wording import counted, percent
from unfreeze.numerics.paired import fewest_to_tell

__all__ = [
    "cautions",
    "headline",
    "interval_words",
    "p_value_words",
    "points",
    "reasons",
]

_LEAST_P = 0.0001
"""Smaller p-values are not told apart: nobody knows chance that well."""


def points(share: float) -> str:
    """Write a difference of shares in percentage points, with its sign.

    What is not 0 has as many decimals as show it, up to four.

    Example:
        >>> points(0.025), points(-0.1), points(0.0), points(0.0002)
        ('+2.5', '-10.0', '0.0', '+0.02')
    """
    written = (f"{100 * share:+.{decimals}f}" for decimals in range(1, 5))
    return next((each for each in written if float(each)), "0.0")


def headline(comparison: Comparison) -> str:
    """The verdict in one short sentence."""
    if comparison.verdict != "no clear difference":
        return f"The second run is {comparison.verdict}."
    if not comparison.fixed and not comparison.broken:
        return "Both runs are right on the same photos."
    return "There is no clear difference."


def interval_words(comparison: Comparison) -> str:
    """Between which points the true difference lies, and how sure that is."""
    low, high = comparison.interval
    sure = f"{100 * (1 - comparison.alpha):.4g} %"
    return f"{sure} interval {points(low)} to {points(high)} points"


def p_value_words(p_value: float, alpha: float) -> str:
    """Write a p-value, with the sign before it.

    It has two figures, or as many as put it on its side of the level.

    Args:
        p_value: 0 to 1; very small ones may have become 0.
        alpha: The level.

    Example:
        >>> p_value_words(0.0215, 0.05), p_value_words(0.04996, 0.05)
        ('= 0.021', '= 0.04996')
        >>> p_value_words(0.0, 0.05)
        '< 0.0001'
    """
    least = min(_LEAST_P, alpha)
    if p_value < least:
        return f"< {least:g}"
    written = (f"{p_value:.{digits}g}" for digits in range(2, 18))
    is_clear = p_value < alpha
    return f"= {next(each for each in written if (float(each) < alpha) == is_clear)}"


def reasons(comparison: Comparison) -> str:
    """What the verdict rests on."""
    fixed, broken = len(comparison.fixed), len(comparison.broken)
    accuracies = (
        f"Accuracy went from {percent(comparison.first_accuracy)} to "
        f"{percent(comparison.second_accuracy)} on the same "
        f"{counted(comparison.num_images, 'photo')} "
        f"({points(comparison.difference)} points; {interval_words(comparison)})."
    )
    if fixed + broken == 0:
        return accuracies
    p_value = p_value_words(comparison.p_value, comparison.alpha)
    return (
        f"{accuracies} The second run mends {fixed:,} and breaks {broken:,}. If "
        "neither run were better, the photos on which they disagree would split as "
        f"unevenly in {_rarely(comparison.p_value)} of such comparisons (McNemar's "
        f"exact test, p {p_value})."
    )


def _rarely(share: float) -> str:
    return "fewer than 0.1 %" if share < 0.001 else percent(share)


def cautions(comparison: Comparison) -> list[str]:
    """What to know before acting on the verdict; each a sentence."""
    found = []
    disagreements = len(comparison.fixed) + len(comparison.broken)
    needed = fewest_to_tell(comparison.alpha)
    if 0 < disagreements < needed:
        found.append(
            f"The runs disagree on {counted(disagreements, 'photo')}, which is too few "
            f"to tell: it takes at least {needed}, all to one side. Compare them on "
            "more labelled photos."
        )
    alone = len(comparison.only_first), len(comparison.only_second)
    if any(alone):
        found.append(
            f"Left out: {counted(alone[0], 'photo')} that only the first run answered, "
            f"and {alone[1]:,} that only the second did."
        )
    if comparison.relabelled:
        found.append(
            f"Left out: {counted(len(comparison.relabelled), 'photo')} with another "
            "label in the second run."
        )
    return found + _class_cautions(comparison)


def _class_cautions(comparison: Comparison) -> list[str]:
    pairs = (
        ("first", comparison.classes_only_first),
        ("second", comparison.classes_only_second),
    )
    return [
        f"Only the {which} run knows {counted(len(names), 'class', 'classes')}: "
        f"{', '.join(names)}."
        for which, names in pairs
        if names
    ]
