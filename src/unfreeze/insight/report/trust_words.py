"""How far the probabilities of a run can be trusted, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from unfreeze.insight.wording import counted

__all__ = ["trust_in_detail", "trust_in_short"]

_SMALL = 0.02
"""An error of two points changes no decision."""

_VOUCHED = 0.05
"""An error that may be larger than five points is not vouched for."""


def trust_in_short(
    trust: Mapping[str, Any], count: int, *, is_multi: bool = False
) -> str:
    """Say in a sentence whether a probability can be taken at its word.

    Few photos cannot vouch for it: ten right answers of a sure model are what a model
    that is right four times in five shows as well. So it takes an interval.

    Args:
        trust: The section ``calibration`` of the scores.
        count: Photos that it was measured on.
        is_multi: Whether photos carry several labels.
    """
    off = trust["ece_after"]
    visible = trust.get("ece_visible", 1.5 * trust.get("ece_by_chance", 0.0))
    if off > max(visible, _SMALL):
        points = 100 * trust.get("ece_after_debiased", off)
        return (
            f"Its probabilities are off by about {points:.1f} points on average: take "
            "them as an order, not as chances."
        )
    if "ece_after_interval" not in trust:
        return (
            f"Its probabilities were off by {100 * off:.1f} points on average on these "
            "photos; how far they are off on others was not measured."
        )
    most = trust["ece_after_interval"]["high"]
    if most > _VOUCHED:
        return (
            f"{counted(count, 'photo')} {'is' if count == 1 else 'are'} too few to "
            "vouch for its probabilities: on average, they may be off by up to "
            f"{100 * most:.1f} points."
        )
    if is_multi:
        return (
            "Over all labels, its probabilities are off by no more than "
            f"{100 * most:.1f} points on average. Most of them are small; a large one "
            "may be off by more."
        )
    return (
        "Its probabilities can be taken at their word: on average, they are off by no "
        f"more than {100 * most:.1f} points."
    )


def trust_in_detail(trust: Mapping[str, Any], count: int) -> Iterator[str]:
    """Say what was measured, how, and what of it is chance."""
    before, after = (100 * trust[f"ece_{when}"] for when in ("before", "after"))
    temperature = trust["temperature"]
    if temperature == 1:
        yield (
            f"On average, probabilities are off by {before:.1f} points. Temperature "
            "scaling was tried and left out (1.00), because it did not help on photos "
            "that it was not fitted to."
        )
    else:
        yield (
            f"On average, probabilities are off by {before:.1f} points as trained, and "
            f"by {after:.1f} points after temperature scaling ({temperature:.2f}), "
            "which the model carries with it."
        )
    if "ece_after_debiased" not in trust:
        return
    left = [100 * trust[f"ece_{when}_debiased"] for when in ("before", "after")]
    rest = f"{left[0]:.1f}" if temperature == 1 else f"{left[0]:.1f} and {left[1]:.1f}"
    yield (
        f"On {counted(count, 'photo')}, chance alone makes about "
        f"{100 * trust['ece_by_chance']:.1f} points even of probabilities that are "
        f"right. With chance taken away, {rest} points are left; what is below "
        f"{100 * trust['ece_visible']:.1f} points cannot be told from none."
    )
    if "ece_after_interval" in trust:
        yield _in_between(trust)
    if trust.get("num_halvings", 1) > 1:
        yield (
            "After scaling means: every photo at a temperature that was found on the "
            f"other half of the photos, over {trust['num_halvings']} ways of halving "
            "them. The temperature that is kept was found on all of them."
        )


def _in_between(trust: Mapping[str, Any]) -> str:
    """Say which true errors the photos leave the choice of."""
    before, after = (
        "{:.1f} and {:.1f}".format(
            *(100 * trust[f"ece_{when}_interval"][end] for end in ("low", "high"))
        )
        for when in ("before", "after")
    )
    words = "In 95 of 100 such cases, the true error is between"
    if trust["temperature"] == 1:
        return f"{words} {before} points."
    return f"{words} {before} points as trained, and between {after} after scaling."
