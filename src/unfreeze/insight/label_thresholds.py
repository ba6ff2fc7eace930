"""From which probability on a label counts where missing one is worse than a false one.

Labels are named above a probability of one half. The lesson scores by F2, which wants
more of them named. What its threshold brings is found on one half of the images and
judged on the other, for up to ten ways of halving them.
"""

from dataclasses import dataclass

import numpy as np

from unfreeze.answering import USUAL_THRESHOLD
from unfreeze.insight.counting import require_labels
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.numerics.thresholds import best_threshold, fbeta_along
from unfreeze.records import Predictions

__all__ = ["F2Threshold", "find_f2_threshold"]

_HALVINGS = 10
_MOST_JUDGED = 20_000
"""Images over all halvings: of many, one halving says as much as ten of few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Threshold:
    """The threshold that F2 asks for, and what it is worth."""

    threshold: float
    """A probability above it means yes; found on all images."""

    f2: float
    """F2, averaged over images, of thresholds found on other images, 0 to 1."""

    f2_usual: float
    """The same at ``USUAL_THRESHOLD``."""


def find_f2_threshold(predictions: Predictions, *, seed: int = 0) -> F2Threshold:
    """Find the threshold for all labels with the highest F2, and judge it honestly.

    Args:
        predictions: Of images that the model has not learned from, at its temperature;
            labels are rows of 0s and 1s.
        seed: Keys the halvings.

    Raises:
        DataError: If there are no images, or no rows of labels.
    """
    labels = require_labels(predictions)
    probs = predictions.probs
    found: list[float] = []
    usual: list[float] = []
    halvings = min(_HALVINGS, 1 + _MOST_JUDGED // max(len(probs), 1))
    for number in range(halvings if len(probs) > 1 else 0):
        order = rng_for(seed, Purpose.HALVES, epoch=number).permutation(len(probs))
        halves = np.array_split(order, 2)
        for here, there in (halves, halves[::-1]):
            present = labels[here] > 0.5
            limit = best_threshold(probs[there], labels[there])
            found.extend(fbeta_along(probs[here] > limit, present, 2, axis=1))
            usual.extend(fbeta_along(probs[here] > USUAL_THRESHOLD, present, 2, axis=1))
    return F2Threshold(
        threshold=best_threshold(probs, labels),
        f2=float(np.mean(found)) if found else 0.0,
        f2_usual=float(np.mean(usual)) if usual else 0.0,
    )
