"""How accuracy grows with the number of photos, and what more of them would bring.

Heads are trained on parts of the stored activations, several draws of several sizes.
The head is Fisher's linear discriminant: one matrix to solve, no rates, no epochs, the
same answer every time. Its curve of mistakes is continued by an inverse power law,
``floor + scale * n ** -power`` (Cortes et al., "Learning curves: asymptotic values and
rate of convergence", 1993; Hestness et al., "Deep learning scaling is predictable,
empirically", 2017), and the interval comes from repeating the fit on resampled draws
and resampled validation photos (Efron, 1979).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = [
    "CurvePoint",
    "Forecast",
    "PowerLaw",
    "forecast_of",
    "is_right_after",
    "parts_of_class",
    "stratified_parts",
]

_POWERS = np.linspace(0.1, 1.5, 29)
_RIDGE = 1.0
_RESAMPLES = 400
_LEVEL = (0.05, 0.95)
"""Ends of the interval: nine in ten."""

_LIKELY = 0.8


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Mistakes of heads that saw ``photos`` photos."""

    photos: int
    error: float
    """Share of the validation photos, mean over the draws."""

    low: float
    high: float
    """Of nine in ten resamples."""


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """``floor + scale * (photos / unit) ** -power``; shares of mistakes."""

    floor: float
    scale: float
    power: float
    unit: float

    def error(self, photos: float) -> float:
        """Mistakes to be expected after so many photos."""
        return self.floor + self.scale * float((photos / self.unit) ** -self.power)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What so many photos more would change."""

    points: tuple[CurvePoint, ...]
    law: PowerLaw
    more: int
    """Photos added to the largest part."""

    saved: float
    """Share of today's mistakes that would go, 0 to 1; the median of the resamples."""

    low: float
    high: float
    """What would be measured in nine of ten cases: which photos come is luck, too."""

    chance: float
    """How likely it is that a gain would be measured at all, 0 to 1."""

    @property
    def is_seen(self) -> bool:
        """Whether a gain is to be counted on, four to one at least."""
        return self.chance >= _LIKELY and self.saved > 0.01


def is_right_after(
    features: Float[np.ndarray, "N D"],
    labels: Int[np.ndarray, " N"],
    parts: Sequence[Int[np.ndarray, " _"]],
    valid_features: Float[np.ndarray, "M D"],
    valid_labels: Int[np.ndarray, " M"],
) -> Bool[np.ndarray, "P M"]:
    """Train a head on each part, and say which validation photos it gets right.

    Args:
        features: Stored activations of the photos to learn from.
        labels: Class numbers; each part holds every class that is to be predicted.
        parts: Rows to learn from.
        valid_features: Stored activations of the photos to measure with.
        valid_labels: Class numbers.
    """
    rows = []
    for part in parts:
        scores = _discriminant(features[part], labels[part], valid_features)
        rows.append(scores == valid_labels)
    return np.array(rows)


def stratified_parts(
    labels: Int[np.ndarray, " N"], shares: Sequence[float], draws: int, seed: int
) -> list[tuple[int, Int[np.ndarray, " _"]]]:
    """Draw parts of a data set in which every class keeps its share.

    Args:
        labels: Class numbers.
        shares: Of the photos, above 0 to 1, rising; the whole set is drawn once.
        draws: Of each size below the whole.
        seed: Keys the draws.

    Returns:
        (number of the share, rows) of every draw. A class has two photos in each, or
        all it has.
    """
    parts = []
    groups = [np.flatnonzero(labels == each) for each in np.unique(labels)]
    for number, share in enumerate(shares):
        for draw in range(draws if share < 1 else 1):
            rng = rng_for(seed, Purpose.FORECAST, epoch=number, row=draw)
            rows = [
                rng.permutation(group)[: max(2, round(share * len(group)))]
                for group in groups
            ]
            parts.append((number, np.sort(np.concatenate(rows))))
    return parts


def parts_of_class(
    labels: Int[np.ndarray, " N"],
    class_number: int,
    shares: Sequence[float],
    draws: int,
    seed: int,
) -> list[tuple[int, Int[np.ndarray, " _"]]]:
    """Draw parts that hold a share of one class, and all photos of the others."""
    others = np.flatnonzero(labels != class_number)
    own = np.flatnonzero(labels == class_number)
    parts = []
    for number, share in enumerate(shares):
        for draw in range(draws if share < 1 else 1):
            epoch = (class_number + 1) * 2**16 + number
            rng = rng_for(seed, Purpose.FORECAST, epoch=epoch, row=draw)
            some = rng.permutation(own)[: max(2, round(share * len(own)))]
            parts.append((number, np.sort(np.concatenate([others, some]))))
    return parts


def forecast_of(
    photos: Sequence[int],
    sizes: Int[np.ndarray, " P"],
    is_right: Bool[np.ndarray, "P M"],
    more: int,
    seed: int = 0,
) -> Forecast:
    """Continue a curve of mistakes.

    Args:
        photos: Photos in the parts of each size, rising; two sizes at least.
        sizes: Which of them each part has.
        is_right: Whether the head of each part got each validation photo right.
        more: Photos to add to the largest size.
        seed: Keys the resamples.
    """
    rng = rng_for(seed, Purpose.FORECAST, epoch=2**31)
    wrong = 1.0 - is_right
    weights = _draw_weights(sizes, len(photos), rng)
    valid = rng.multinomial(
        wrong.shape[1], np.full(wrong.shape[1], 1 / wrong.shape[1]), size=_RESAMPLES
    )
    plain = np.array([wrong[sizes == each].mean() for each in range(len(photos))])
    by_photo = np.einsum("bsp,pm->bsm", weights, wrong)
    errors = np.einsum("bsm,bm->bs", by_photo, valid) / wrong.shape[1]
    counts = np.asarray(photos, dtype=float)
    laws = _fitted(counts, np.vstack([plain, errors]))
    now = _laws_at(laws, 1.0)
    then = _laws_at(laws, (counts[-1] + more) / counts[-1])
    expected = 1 - then[1:] / np.maximum(now[1:], 1e-12)
    # What comes holds what is there: of the luck of the draw, only the rest is new.
    fresh = math.sqrt(2 * more / (counts[-1] + more))
    spread = fresh * _luck(sizes, wrong.mean(axis=1))
    luck = rng.normal(0, spread, size=_RESAMPLES)
    seen = 1 - (1 - expected) * np.maximum(1 + luck, 0)
    low, high = np.quantile(seen, _LEVEL)
    bounds = np.quantile(errors, _LEVEL, axis=0)
    return Forecast(
        points=tuple(
            CurvePoint(int(n), float(e), float(a), float(b))
            for n, e, a, b in zip(photos, plain, *bounds, strict=True)
        ),
        law=PowerLaw(*(float(each) for each in laws[:, 0]), unit=float(counts[-1])),
        more=more,
        saved=float(np.median(expected)),
        low=float(low),
        high=float(high),
        chance=float((seen > 0).mean()),
    )


def _luck(sizes: Int[np.ndarray, " P"], errors: Float[np.ndarray, " P"]) -> float:
    """How much the mistakes of heads differ that saw other photos, as many of them.

    A standard deviation, as a share of the mistakes; of the largest size but one.
    """
    some = errors[sizes == sizes.max() - 1]
    mean = float(some.mean()) if len(some) else 0.0
    return float(some.std(ddof=1)) / mean if len(some) > 1 and mean > 0 else 0.0


def _draw_weights(
    sizes: Int[np.ndarray, " P"], num_sizes: int, rng: np.random.Generator
) -> Float[np.ndarray, "B S P"]:
    """For each resample, how much each part counts for the mean of its size."""
    weights = np.zeros((_RESAMPLES, num_sizes, len(sizes)))
    for size in range(num_sizes):
        parts = np.flatnonzero(sizes == size)
        even = np.full(len(parts), 1 / len(parts))
        weights[:, size, parts] = (
            rng.multinomial(len(parts), even, size=_RESAMPLES) / len(parts)
        )
    return weights


def _fitted(
    photos: Float[np.ndarray, " S"], errors: Float[np.ndarray, "B S"]
) -> Float[np.ndarray, "3 B"]:
    """Floor, scale and power of each curve, by least squares; none is negative.

    For each power on a grid, floor and scale are a straight line, solved at once.
    """
    best = np.full(len(errors), np.inf)
    laws = np.zeros((3, len(errors)))
    for power in _POWERS:
        z = (photos / photos[-1]) ** -power
        floor, scale = _line(z, errors)
        residual = np.square(floor[:, None] + scale[:, None] * z - errors).sum(axis=1)
        is_better = residual < best
        best = np.where(is_better, residual, best)
        found = np.stack([floor, scale, np.full(len(errors), power)])
        laws = np.where(is_better, found, laws)
    return laws


def _line(
    z: Float[np.ndarray, " S"], y: Float[np.ndarray, "B S"]
) -> tuple[Float[np.ndarray, " B"], Float[np.ndarray, " B"]]:
    """Least squares of ``y = floor + scale * z`` with neither below 0."""
    centred = z - z.mean()
    scale = np.maximum((y @ centred) / np.square(centred).sum(), 0)
    floor = y.mean(axis=1) - scale * z.mean()
    through_zero = (y @ z) / np.square(z).sum()
    is_below = floor < 0
    return np.where(is_below, 0, floor), np.where(is_below, through_zero, scale)


def _laws_at(laws: Float[np.ndarray, "3 B"], units: float) -> Float[np.ndarray, " B"]:
    """Mistakes after so many times the photos of the largest size."""
    values: Float[np.ndarray, " B"] = laws[0] + laws[1] * units ** -laws[2]
    return values


def _discriminant(
    features: Float[np.ndarray, "N D"],
    labels: Int[np.ndarray, " N"],
    asked: Float[np.ndarray, "M D"],
) -> Int[np.ndarray, " M"]:
    """Fisher's linear discriminant with equal priors; the class of each asked row."""
    classes, rows = np.unique(labels, return_inverse=True)
    counts = np.bincount(rows)
    members = np.zeros((len(classes), len(labels)), dtype=features.dtype)
    members[rows, np.arange(len(labels))] = 1 / counts[rows]
    means = members @ features
    within = features - means[rows]
    ridge = _RIDGE * float(np.square(within).sum()) / features.shape[1]
    weights = _solved(within, means, max(ridge, 1e-12))
    scores = asked @ weights.T - 0.5 * np.einsum("kd,kd->k", weights, means)
    found: Int[np.ndarray, " M"] = classes[scores.argmax(axis=1)]
    return found


def _solved(
    within: Float[np.ndarray, "N D"], means: Float[np.ndarray, "K D"], ridge: float
) -> Float[np.ndarray, "K D"]:
    """``means @ inv(within.T @ within + ridge)``, by the smaller of two matrices."""
    count, width = within.shape
    if width <= count:
        return np.linalg.solve(within.T @ within + ridge * np.eye(width), means.T).T
    inner = within @ within.T + ridge * np.eye(count)
    seen = means @ within.T
    return (means - np.linalg.solve(inner, seen.T).T @ within) / ridge
