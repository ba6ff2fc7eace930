"""How near an exported model must come to the trained one, and what it lacks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from unfreeze.errors import PlanError
from unfreeze.words import counted

__all__ = ["Limits", "Parity", "require_parity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an export may not exceed."""

    difference: float
    """Of any probability, 0 to 1."""

    heat_difference: float = 0.02
    """Of any place of a heat map, 0 to 1."""

    lost: float = 0.0
    """Share of the photos, 0 to 1: of right answers that become wrong, on balance, or
    of other answers, where nothing says which are right. At 0, no answer may
    contradict a decided one, right or wrong."""

    advice: str = "please report this with what unfreeze inspect says"
    """What to do about an export that exceeds one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How an exported model compares with the trained one, on the same photos."""

    photos: int
    unreadable: int
    agreement: float
    """Share of photos for which both name the same class, or the same labels; of the
    two ways in which the exported one is asked, the lower."""

    contradictions: int
    """Photos for which they do not, though the trained model had decided."""

    largest_difference: float
    """Of any probability of any photo, from bytes to answer as predictions and the
    server are made, 0 to 1."""

    largest_difference_unresized: float
    """Likewise, where the exported model itself resizes the photo in full size."""

    largest_heat_difference: float | None
    """Of any place of the heat maps of some photos, 0 to 1; None without heat maps."""

    accuracy: float | None
    """Of the exported model, likewise the lower; None where nothing says what is on
    the photos. With several labels per photo, the share of right yes-or-no answers, as
    in all scores."""

    trained_accuracy: float | None

    exact: float | None
    """Share of photos of which the exported model has all labels right, likewise the
    lower; None with one label per photo, where the accuracy says the same."""

    trained_exact: float | None

    worst: str
    """The photo with the largest difference."""


def require_parity(parity: Parity, limits: Limits) -> None:
    """Refuse an export that answers differently.

    Raises:
        PlanError: If it does, or if an answer is not a number.
    """
    faults = [*_faults(parity, limits)]
    if not faults:
        return
    raise PlanError(
        "The exported model does not answer as the trained one, so no file was left: "
        f"on {counted(parity.photos, 'photo')}, {', and '.join(faults)}. Probabilities "
        f"differ most for {parity.worst}. What to do: {_advice(parity, limits)}."
    )


def _faults(parity: Parity, limits: Limits) -> Iterator[str]:
    """What exceeds its limit, with the limit."""
    difference = max(parity.largest_difference, parity.largest_difference_unresized)
    heat_difference = parity.largest_heat_difference or 0.0
    if not math.isfinite(difference + heat_difference):
        yield "it answers with what is not a number"
        return
    for what, found, limit in (
        ("probabilities", difference, limits.difference),
        ("heat maps", heat_difference, limits.heat_difference),
    ):
        if found >= limit:
            yield f"{what} differ by up to {found:.4f} (limit {limit:g})"
    lost, words = _lost(parity, limits)
    if lost > limits.lost + 1e-9:
        yield words


def _lost(parity: Parity, limits: Limits) -> tuple[float, str]:
    """Which share of the photos is lost, 0 to 1; and in words, with the limit."""
    if not limits.lost:
        answers = counted(parity.contradictions, "answer")
        contradict = "contradicts" if parity.contradictions == 1 else "contradict"
        words = f"{answers} {contradict} what the trained model had decided (limit 0)"
        return parity.contradictions / parity.photos, words
    name, now, before = "the accuracy", parity.accuracy, parity.trained_accuracy
    if parity.exact is not None:
        name = "the share of photos with all labels right"
        now, before = parity.exact, parity.trained_exact
    limit = f"(limit {limits.lost:g})"
    if now is None or before is None:
        lost = 1 - parity.agreement
        return lost, f"the share of answers that are others is {lost:.4f} {limit}"
    lost = before - now
    return (
        lost,
        f"{name} is {now:.4f} instead of {before:.4f}, less by {lost:.4f} {limit}",
    )


def _advice(parity: Parity, limits: Limits) -> str:
    fewest = math.ceil(1 / limits.lost) if limits.lost else 0
    if parity.photos >= fewest:
        return limits.advice
    return (
        f"prove it on {fewest} photos or more with --data, since of fewer a single "
        f"one is beyond that limit; or {limits.advice}"
    )
