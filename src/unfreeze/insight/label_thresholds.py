"""From which probability on each label of a photo counts, chosen honestly.

One threshold for all labels is the lesson's; one for each label may be better, or may
only follow chance. Both are found on one half of the images and judged on the other,
for up to ten ways of halving them; what is better there is then found on all images.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from unfreeze.insight.counting import require_labels
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.numerics.thresholds import best_threshold, best_thresholds, fbeta_along
from unfreeze.records import Predictions

__all__ = ["LabelThresholds", "choose_thresholds"]

_Rule: TypeAlias = Callable[[np.ndarray, np.ndarray], tuple[float, ...]]

_HALVINGS = 10
_MOST_JUDGED = 20_000
"""Images over all halvings: of many, one halving says as much as ten of few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelThresholds:
    """The thresholds of a model for several labels, and what they are worth."""

    thresholds: tuple[float, ...]
    """A probability above it means yes; one for each label."""

    is_per_label: bool
    """Whether labels have thresholds of their own."""

    f2_common: float
    """F2, averaged over images, of one threshold found on other images, 0 to 1."""

    f2_per_label: float
    """Likewise, of a threshold for each label."""


def choose_thresholds(predictions: Predictions, *, seed: int = 0) -> LabelThresholds:
    """Choose between one threshold for all labels, and one for each.

    Args:
        predictions: Of images that the model has not learned from, at its temperature;
            labels are rows of 0s and 1s.
        seed: Keys the halvings.

    Raises:
        DataError: If there are no images, or no rows of labels.
    """
    labels = require_labels(predictions)
    probs = predictions.probs
    common = _judged(_common, probs, labels, seed)
    per_label = _judged(best_thresholds, probs, labels, seed)
    rule = best_thresholds if per_label > common else _common
    return LabelThresholds(
        thresholds=rule(probs, labels),
        is_per_label=per_label > common,
        f2_common=common,
        f2_per_label=per_label,
    )


def _common(
    probs: Float[np.ndarray, "N K"], labels: Float[np.ndarray, "N K"]
) -> tuple[float, ...]:
    return (best_threshold(probs, labels),) * probs.shape[1]


def _judged(
    rule: _Rule,
    probs: Float[np.ndarray, "N K"],
    labels: Float[np.ndarray, "N K"],
    seed: int,
) -> float:
    """Mean F2 of images at thresholds that were found on the other half of them."""
    if len(probs) < 2:
        return 0.0
    scores: list[float] = []
    for number in range(min(_HALVINGS, 1 + _MOST_JUDGED // len(probs))):
        order = rng_for(seed, Purpose.HALVES, epoch=number).permutation(len(probs))
        halves = np.array_split(order, 2)
        for here, there in (halves, halves[::-1]):
            found = probs[here] > np.array(rule(probs[there], labels[there]))
            scores.extend(fbeta_along(found, labels[here] > 0.5, 2, axis=1))
    return float(np.mean(scores))
