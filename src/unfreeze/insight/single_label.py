"""How good the answers of a model are where each image has one label.

Everything is counted from a ``Predictions`` record; shares are from 0 to 1, losses in
nats.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from unfreeze.errors import DataError
from unfreeze.insight.confusion import ClassScore, class_scores
from unfreeze.insight.counting import require_labels, require_seen_once
from unfreeze.numerics.intervals import Interval, share_interval
from unfreeze.numerics.proper import brier, log_loss
from unfreeze.records import Predictions

__all__ = ["SingleLabelScores", "score_single_label"]

_TOP = (1, 3, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleLabelScores:
    """Scores over all images of a split."""

    num_images: int
    accuracy: float
    accuracy_interval: Interval
    """Where the accuracy on all images of this kind is, at a level of 95 %."""

    balanced_accuracy: float
    """Mean recall of the classes that there are images of."""

    macro_precision: float
    """Means over the classes that occur, among labels or answers."""

    macro_recall: float
    macro_f1: float
    top_k: Mapping[str, float]
    """Share of images whose class is among the k most probable; key is k."""

    log_loss: float
    """Mean of the negative logarithm of the probability of the right class."""

    brier: float
    """Mean squared distance between probabilities and truth, 0 to 2 (Brier 1950)."""

    per_class: tuple[ClassScore, ...]


def score_single_label(predictions: Predictions) -> SingleLabelScores:
    """Compare the answers for a split with its labels.

    Raises:
        DataError: If there are no images, an image is counted twice, or images have
            no labels, or several each.
    """
    require_seen_once(predictions)
    labels = require_labels(predictions)
    if labels.ndim != 1:
        raise DataError(
            f"Expected one class number for each image, got labels of shape "
            f"{labels.shape}. For several labels, take score_multi_label."
        )
    log_probs = np.asarray(predictions.log_probs, dtype=np.float64)
    predicted = log_probs.argmax(axis=1)
    rows = class_scores(labels, predicted, predictions.classes)
    hits = int((predicted == labels).sum())
    is_taken = np.isin(np.arange(len(predictions.classes)), predicted)
    occurring = [row for row, taken in zip(rows, is_taken, strict=True)
                 if taken or row.support]  # fmt: skip
    return SingleLabelScores(
        num_images=len(labels),
        accuracy=hits / len(labels),
        accuracy_interval=share_interval(hits, len(labels)),
        balanced_accuracy=_mean([row.recall for row in rows if row.support]),
        macro_precision=_mean([row.precision for row in occurring]),
        macro_recall=_mean([row.recall for row in occurring]),
        macro_f1=_mean([row.f1 for row in occurring]),
        top_k=_top_k(log_probs, labels),
        log_loss=log_loss(log_probs, labels),
        brier=brier(log_probs, labels),
        per_class=rows,
    )


def _top_k(
    log_probs: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]
) -> dict[str, float]:
    """Of 1, 3 and 5, those that are fewer than there are classes."""
    ranked = np.argsort(-log_probs, axis=1, kind="stable")
    place = (ranked == labels[:, None]).argmax(axis=1)
    known = [k for k in _TOP if k < log_probs.shape[1]]
    return {str(k): float((place < k).mean()) for k in known}


def _mean(values: list[float]) -> float:
    return float(np.mean(values))
