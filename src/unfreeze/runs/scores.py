"""Scores of a model on labelled photos that it was not trained on."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from unfreeze.errors import DataError
from unfreeze.insight.confusion import ClassScore, class_scores, confusion_matrix
from unfreeze.numerics.metrics import accuracy
from unfreeze.records import Skipped
from unfreeze.runs.predictor import Answers

__all__ = ["Scores", "scores_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Shares from 0 to 1, and the loss in nats."""

    num_images: int
    accuracy: float
    loss: float
    classes: tuple[str, ...]
    confusion: list[list[int]]
    """Rows are true classes, columns predicted ones."""

    per_class: tuple[ClassScore, ...]
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return dataclasses.asdict(self)


def scores_of(answers: Answers) -> Scores:
    """Compare answers with labels.

    Raises:
        DataError: If the photos have no labels.
    """
    predictions = answers.predictions
    labels = predictions.labels
    if labels is None:
        raise DataError("These photos have no labels to compare with.")
    predicted = predictions.log_probs.argmax(axis=1)
    classes = predictions.classes
    return Scores(
        num_images=len(labels),
        accuracy=accuracy(predictions.log_probs, labels),
        loss=float(predictions.losses().mean()),
        classes=classes,
        confusion=confusion_matrix(labels, predicted, classes).tolist(),
        per_class=class_scores(labels, predicted, classes),
        skipped=answers.skipped,
    )
