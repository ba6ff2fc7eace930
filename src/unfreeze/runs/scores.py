"""Scores of a model on labelled photos that it was not trained on."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from unfreeze.answering import USUAL_THRESHOLD
from unfreeze.insight.confusion import ClassScore, confusion_matrix
from unfreeze.insight.counting import require_labels
from unfreeze.insight.multi_label import LabelScore, score_multi_label
from unfreeze.insight.single_label import score_single_label
from unfreeze.insight.trust import Trust, check_trust
from unfreeze.numerics.calibration import at_temperature
from unfreeze.numerics.intervals import Interval
from unfreeze.records import Predictions, Skipped
from unfreeze.runs.predictor import Answers

__all__ = ["Scores", "scores_in_json", "scores_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Shares from 0 to 1, and the loss in nats."""

    num_images: int
    accuracy: float
    """With several labels per photo, the share of right yes-or-no answers."""

    loss: float
    classes: tuple[str, ...]
    confusion: list[list[int]] | None
    """Rows are true classes, columns predicted ones. None with several labels."""

    per_class: tuple[ClassScore | LabelScore, ...]
    skipped: tuple[Skipped, ...]
    interval: Interval
    """Of the accuracy; with several labels, of the share of photos that have all
    labels right."""

    scores: dict[str, Any]
    """As in ``summary.json``: see ``scores_in_json``."""

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        content = dataclasses.asdict(self)
        del content["interval"]  # stands among the scores
        return content


def scores_of(answers: Answers) -> Scores:
    """Compare answers with labels.

    Raises:
        DataError: If the photos have no labels.
    """
    predictions = answers.predictions
    is_multi = require_labels(predictions).ndim == 2
    plain = dataclasses.replace(
        predictions,
        log_probs=at_temperature(
            predictions.log_probs, 1 / answers.temperature, is_multi=is_multi
        ),
    )
    known = [(each.precision, each.threshold) for each in answers.rules.reject]
    trust = check_trust(plain, answers.temperature, known)
    return _scored(predictions, trust, answers)


def scores_in_json(
    predictions: Predictions,
    trust: Trust,
    thresholds: tuple[float, ...] | None = None,
) -> dict[str, Any]:
    """The section ``scores`` of ``summary.json`` and of ``evaluate --json``.

    Args:
        predictions: As the model answers, at its temperature.
        trust: How right its probabilities are.
        thresholds: From which probability on a label counts, one for each; 0.5 unless
            given. They matter with several labels.
    """
    is_multi = require_labels(predictions).ndim == 2
    calibration = dataclasses.asdict(trust)
    reject = calibration.pop("reject")
    scores = (
        score_multi_label(predictions, thresholds or USUAL_THRESHOLD)
        if is_multi
        else score_single_label(predictions)
    )
    return {
        "kind": "multi" if is_multi else "single",
        **dataclasses.asdict(scores),
        "calibration": calibration,
        "reject": list(reject),
    }


def _scored(predictions: Predictions, trust: Trust, answers: Answers) -> Scores:
    labels = require_labels(predictions)
    content = scores_in_json(predictions, trust, answers.rules.thresholds)
    loss = float(predictions.losses().mean())
    if labels.ndim == 2:
        multi = score_multi_label(
            predictions, answers.rules.thresholds or USUAL_THRESHOLD
        )
        return Scores(
            num_images=len(labels),
            accuracy=multi.accuracy,
            loss=loss,
            classes=predictions.classes,
            confusion=None,
            per_class=multi.per_class,
            skipped=answers.skipped,
            interval=multi.exact_interval,
            scores=content,
        )
    single = score_single_label(predictions)
    predicted = predictions.log_probs.argmax(axis=1)
    return Scores(
        num_images=len(labels),
        accuracy=single.accuracy,
        loss=loss,
        classes=predictions.classes,
        confusion=confusion_matrix(labels, predicted, predictions.classes).tolist(),
        per_class=single.per_class,
        skipped=answers.skipped,
        interval=single.accuracy_interval,
        scores=content,
    )
