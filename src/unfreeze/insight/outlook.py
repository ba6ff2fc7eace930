"""What more photos would bring: in all, and of the weakest classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from unfreeze.insight.markup import Html, joined, tag
from unfreeze.insight.wording import shortened
from unfreeze.numerics.learning_curves import (
    Forecast,
    forecast_of,
    is_right_after,
    parts_of_class,
    stratified_parts,
)

__all__ = [
    "FEWEST_VALID",
    "ClassOutlook",
    "Outlook",
    "outlook",
    "sentence_for_all",
    "sentence_of",
    "why_no_outlook",
]

_SHARES = (0.1, 0.16, 0.25, 0.4, 0.63, 1.0)
_SHARES_OF_CLASS = (0.2, 0.35, 0.6, 1.0)
_DRAWS = 6
_DRAWS_OF_CLASS = 4
_WEAKEST = 3
_FEWEST = 20
"""Photos per class below which the smallest parts hold next to nothing."""

FEWEST_VALID = 10
"""Validation photos, of a class or of all, below which a share says next to nothing."""

_MORE = 100
_LEAST_POINTS = 0.15
"""What rounds to less than 0.2 points is no gain that anybody would notice."""

_MOST_WORK = 2e10
"""Multiplications: a few seconds on one core."""


@dataclass(frozen=True, slots=True)
class ClassOutlook:
    """What more photos of one class would bring it."""

    name: str
    missed: float
    """Share of its validation photos that the model takes for others."""

    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Outlook:
    """What more photos would bring."""

    error: float
    """Share of the validation photos that the model gets wrong."""

    overall: Forecast | None
    by_class: tuple[ClassOutlook, ...]
    reason: str = ""
    """Why there is no forecast, if there is none."""

    @property
    def has_gain(self) -> bool:
        """Whether more photos of all classes bring a gain to count on."""
        return self.overall is not None and _is_gain(self.overall, self.error)


def outlook(
    features: tuple[Float[np.ndarray, "N D"], Float[np.ndarray, "M D"]],
    labels: tuple[Int[np.ndarray, " N"], Int[np.ndarray, " M"]],
    predicted: Int[np.ndarray, " M"],
    classes: Sequence[str],
    seed: int = 0,
) -> Outlook:
    """Train quick heads on parts of the photos, and continue their curve.

    Args:
        features: Stored activations of the training and validation photos.
        labels: Class numbers of both.
        predicted: What the model itself said about the validation photos.
        classes: Names of all classes.
        seed: Keys which photos are in which part.
    """
    train, valid = labels
    error = float((predicted != valid).mean()) if len(valid) else 0.0
    counts = np.bincount(train, minlength=len(classes))
    reason = why_no_outlook(counts, features[0].shape[1], len(valid))
    if reason:
        return Outlook(error, None, (), reason)
    heads = _Heads(features, labels, seed)
    overall = heads.overall()
    missed = [
        float((predicted[valid == number] != number).mean())
        if counts[number] and (valid == number).sum() >= FEWEST_VALID
        else 0.0
        for number in range(len(classes))
    ]
    weakest = np.argsort(missed, kind="stable")[::-1][:_WEAKEST]
    return Outlook(
        error,
        overall,
        tuple(
            ClassOutlook(classes[each], missed[each], heads.of_class(int(each)))
            for each in weakest
            if missed[each] > 0
        ),
    )


def why_no_outlook(counts: Int[np.ndarray, " K"], width: int, num_valid: int) -> str:
    """Why a forecast would be worth nothing, or cost too much; empty if neither.

    Args:
        counts: Training photos of each class.
        width: Features of a photo.
        num_valid: Validation photos.
    """
    present = counts[counts > 0]
    if len(present) < 2 or present.min() < _FEWEST or num_valid < FEWEST_VALID:
        return (
            f"There is no forecast of what more photos would bring: it takes {_FEWEST} "
            f"photos of each class to learn from, and {FEWEST_VALID} to measure with."
        )
    count = int(counts.sum())
    work = 12.0 * count * width * min(count, width)
    if work > 12 * _MOST_WORK:
        return (
            "There is no forecast of what more photos would bring: there are so many "
            "already that it would take longer than it is worth."
        )
    return ""


def sentence_for_all(found: Outlook) -> str:
    """Say what more photos of all classes would bring."""
    if found.overall is None:
        return found.reason
    more = joined((f"{found.overall.more:,} more photos like those you have",))
    return _sentence(found.overall, found.error, more, "accuracy")


def sentence_of(each: ClassOutlook) -> Html:
    """Say what more photos of a class would bring it."""
    name = tag("bdi", shortened(each.name, 40))
    more = joined((f"{each.forecast.more:,} more photos of ", name))
    return _sentence(each.forecast, each.missed, more, "recognition of this class")


def _is_gain(forecast: Forecast, error: float) -> bool:
    """Whether a gain is likely, and large enough to be noticed."""
    return forecast.is_seen and 100 * error * forecast.saved >= _LEAST_POINTS


def _sentence(forecast: Forecast, error: float, more: Html, what: str) -> Html:
    if not _is_gain(forecast, error):
        at_most = 100 * max(forecast.high, 0) * error
        if at_most < 0.1:
            return joined(("No gain to be seen from ", more, "."))
        chance = (
            ": none at all is as likely as chance, and more than "
            f"{at_most:.1f} points would be a surprise."
        )
        return joined(("No gain to be seen from ", more, chance))
    ends = (forecast.saved, forecast.low, forecast.high)
    points, low, high = (f"{100 * error * each + 0.0:.1f}" for each in ends)
    gain = (
        f" would bring the {what} about {points} points "
        f"({low.replace('-0.0', '0.0')} to {high})."
    )
    return joined((more, gain))


@dataclass(frozen=True, slots=True, eq=False)
class _Heads:
    features: tuple[Float[np.ndarray, "N D"], Float[np.ndarray, "M D"]]
    labels: tuple[Int[np.ndarray, " N"], Int[np.ndarray, " M"]]
    seed: int

    def overall(self) -> Forecast:
        parts = stratified_parts(self.labels[0], _SHARES, _DRAWS, self.seed)
        photos = [_size(parts, number) for number in range(len(_SHARES))]
        every = np.arange(len(self.labels[1]))
        return self._forecast(parts, photos, every, more=photos[-1])

    def of_class(self, number: int) -> Forecast:
        train, valid = self.labels
        parts = parts_of_class(
            train, number, _SHARES_OF_CLASS, _DRAWS_OF_CLASS, self.seed
        )
        others = int((train != number).sum())
        photos = [_size(parts, each) - others for each in range(len(_SHARES_OF_CLASS))]
        more = min(_MORE, photos[-1])
        return self._forecast(parts, photos, np.flatnonzero(valid == number), more)

    def _forecast(
        self,
        parts: list[tuple[int, Int[np.ndarray, " _"]]],
        photos: list[int],
        asked: Int[np.ndarray, " A"],
        more: int,
    ) -> Forecast:
        rows = [rows for _, rows in parts]
        (train, valid), (labels, truth) = self.features, self.labels
        is_right = is_right_after(train, labels, rows, valid[asked], truth[asked])
        sizes = np.array([number for number, _ in parts])
        return forecast_of(photos, sizes, is_right, more, self.seed)


def _size(parts: list[tuple[int, Int[np.ndarray, " _"]]], number: int) -> int:
    return next(len(rows) for each, rows in parts if each == number)
