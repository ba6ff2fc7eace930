"""Which classes are taken for which, counted as scikit-learn does.

Without it: it takes 1.3 seconds to load, and every training run counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from unfreeze.errors import DataError
from unfreeze.numerics.intervals import Interval, share_interval

__all__ = ["ClassScore", "class_scores", "confusion_matrix"]


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class is recognised. Scores are shares, 0 to 1."""

    name: str
    precision: float
    """Share of the images taken for this class that belong to it; 0 if none were."""

    recall: float
    """Share of this class's images that were recognised; 0 if there are none."""

    f1: float
    """Harmonic mean of the two."""

    support: int
    """How many images truly belong to this class."""

    recall_interval: Interval | None = None
    """Where the recall on all images of this class is, at a level of 95 %; None
    without an image."""


def confusion_matrix(
    labels: Int[np.ndarray, " N"],
    predicted: Int[np.ndarray, " N"],
    classes: Sequence[str],
) -> Int[np.ndarray, "K K"]:
    """Count the images of each class (row) that were taken for each class (column).

    Args:
        labels: True class numbers.
        predicted: Class numbers that the model chose.
        classes: Names of all K classes, also of those without an image.

    Raises:
        DataError: If a number is no class.
    """
    _require_class_numbers(labels, predicted, len(classes))
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def class_scores(
    labels: Int[np.ndarray, " N"],
    predicted: Int[np.ndarray, " N"],
    classes: Sequence[str],
) -> tuple[ClassScore, ...]:
    """Score each class, in the order of ``classes``.

    Raises:
        DataError: If a number is no class.
    """
    matrix = confusion_matrix(labels, predicted, classes)
    counts = zip(
        matrix.diagonal().tolist(),
        matrix.sum(axis=0).tolist(),
        matrix.sum(axis=1).tolist(),
        strict=True,
    )
    return tuple(
        ClassScore(
            name=name,
            precision=_share(hits, taken),
            recall=_share(hits, support),
            f1=_share(2 * hits, taken + support),
            support=support,
            recall_interval=share_interval(hits, support) if support else None,
        )
        for name, (hits, taken, support) in zip(classes, counts, strict=True)
    )


def _share(part: int, whole: int) -> float:
    """0 of nothing."""
    return part / whole if whole else 0.0


def _require_class_numbers(
    labels: Int[np.ndarray, " N"], predicted: Int[np.ndarray, " N"], num_classes: int
) -> None:
    for what, numbers in (("Labels", labels), ("Predictions", predicted)):
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < num_classes:
            raise DataError(
                f"{what} must be 0 to {num_classes - 1} for {num_classes} classes, "
                f"got {numbers.min()} to {numbers.max()}."
            )
