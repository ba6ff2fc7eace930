"""How good the answers of a model are where an image may carry several labels.

Scores are those of the lesson's satellite images, and those of each label. Shares are
from 0 to 1, losses in nats.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from unfreeze.errors import DataError
from unfreeze.insight.counting import require_labels, require_seen_once
from unfreeze.numerics.intervals import Interval, share_interval
from unfreeze.numerics.proper import brier, log_loss
from unfreeze.numerics.thresholds import fbeta_along
from unfreeze.records import Predictions

__all__ = ["LabelScore", "MultiLabelScores", "average_precision", "score_multi_label"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """How well one label is recognised."""

    name: str
    threshold: float
    """A probability above it means yes."""

    precision: float
    """Share of the images found to carry the label that do; 0 if none were found."""

    recall: float
    """Share of the images with the label that were found; 0 if there are none."""

    f1: float
    f2: float
    """F-beta with recall twice as important as precision."""

    average_precision: float | None
    """Area under precision against recall; None without an image of the label."""

    support: int
    """How many images carry the label."""

    recall_interval: Interval | None
    """At a level of 95 %; None without an image of the label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiLabelScores:
    """Scores over all images of a split."""

    num_images: int
    accuracy: float
    """Share of all yes-or-no answers that are right."""

    exact: float
    """Share of the images of which all labels are right."""

    exact_interval: Interval
    """Where that share is for all images of this kind, at a level of 95 %."""

    exact_by_one_answer: float
    """Share of the images that carry the most frequent set of labels: what the same
    answer for all images would get right."""

    f2: float
    """F2 of each image, averaged over images, as in the lesson. 0 for an image that
    carries no label and was given none."""

    f1: float
    """F1 of each image, averaged over images, likewise."""

    macro_precision: float
    """Means over labels that an image carries or was given."""

    macro_recall: float
    macro_f1: float
    mean_average_precision: float
    """Mean over labels that an image carries."""

    log_loss: float
    """Mean binary cross entropy over images and labels."""

    brier: float
    """Mean squared distance between probability and truth, 0 to 1."""

    per_class: tuple[LabelScore, ...]


def score_multi_label(
    predictions: Predictions, thresholds: float | Sequence[float] = 0.5
) -> MultiLabelScores:
    """Compare the answers for a split with its labels.

    Args:
        predictions: Labels are rows of 0s and 1s.
        thresholds: A probability above it means yes: one for all labels, or one each.

    Raises:
        DataError: If there are no images, an image is counted twice, or images have
            no labels, or one class number each.
    """
    require_seen_once(predictions)
    labels = require_labels(predictions)
    if labels.ndim != 2:
        raise DataError(
            f"Expected a row of 0s and 1s for each image, got labels of shape "
            f"{labels.shape}. For one label, take score_single_label."
        )
    probs = np.exp(np.asarray(predictions.log_probs, dtype=np.float64))
    limits = np.broadcast_to(np.asarray(thresholds, dtype=float), probs.shape[1])
    found, present = probs > limits, labels > 0.5
    rows = _per_label(predictions.classes, limits, probs, present)
    occurring = [row for row, any_found in zip(rows, found.sum(axis=0), strict=True)
                 if row.support or any_found]  # fmt: skip
    exact = int((found == present).all(axis=1).sum())
    areas = [row.average_precision for row in rows]
    return MultiLabelScores(
        num_images=len(probs),
        accuracy=float((found == present).mean()),
        exact=exact / len(probs),
        exact_interval=share_interval(exact, len(probs)),
        exact_by_one_answer=_most_frequent(present) / len(probs),
        f2=float(fbeta_along(found, present, 2, axis=1).mean()),
        f1=float(fbeta_along(found, present, 1, axis=1).mean()),
        macro_precision=_mean([row.precision for row in occurring]),
        macro_recall=_mean([row.recall for row in occurring]),
        macro_f1=_mean([row.f1 for row in occurring]),
        mean_average_precision=_mean([area for area in areas if area is not None]),
        log_loss=log_loss(predictions.log_probs, labels),
        brier=brier(predictions.log_probs, labels),
        per_class=rows,
    )


def average_precision(
    probs: Float[np.ndarray, " N"], present: Bool[np.ndarray, " N"]
) -> float | None:
    """Mean precision over the recalls reached, going down from the surest image.

    Sum of precision times gain in recall at each distinct probability (Manning et al.,
    "Introduction to information retrieval", 2008, chapter 8); nothing is interpolated.

    Args:
        probs: Probability of one label for each image.
        present: Which images carry it.

    Returns:
        0 to 1, or None if no image carries the label.
    """
    if not present.any():
        return None
    order = np.argsort(-probs, kind="stable")
    sure, right = probs[order], np.cumsum(present[order])
    ends = np.append(np.flatnonzero(np.diff(sure)), len(sure) - 1)
    precision = right[ends] / (ends + 1)
    gain = np.diff(right[ends], prepend=0) / right[-1]
    return float((precision * gain).sum())


def _per_label(
    names: Sequence[str],
    limits: Float[np.ndarray, " K"],
    probs: Float[np.ndarray, "N K"],
    present: Bool[np.ndarray, "N K"],
) -> tuple[LabelScore, ...]:
    found = probs > limits
    right, support = (found & present).sum(axis=0), present.sum(axis=0)
    precision = right / np.maximum(found.sum(axis=0), 1)
    recall = right / np.maximum(support, 1)
    f1, f2 = (fbeta_along(found, present, beta, axis=0) for beta in (1, 2))
    return tuple(
        LabelScore(
            name=name,
            threshold=float(limits[k]),
            precision=float(precision[k]),
            recall=float(recall[k]),
            f1=float(f1[k]),
            f2=float(f2[k]),
            average_precision=average_precision(probs[:, k], present[:, k]),
            support=int(support[k]),
            recall_interval=(
                share_interval(int(right[k]), int(support[k])) if support[k] else None
            ),
        )
        for k, name in enumerate(names)
    )


def _most_frequent(present: Bool[np.ndarray, "N K"]) -> int:
    """How many images carry the set of labels that most images carry."""
    packed = np.packbits(present, axis=1)  # sorted as a whole, of an eighth the size
    return int(np.unique(packed, axis=0, return_counts=True)[1].max())


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
