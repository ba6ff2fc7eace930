"""What a trained model is worth on its validation photos, and how far to trust it."""

import csv
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.answering import USUAL_THRESHOLD, labels_in_words
from unfreeze.atomic import text_written_whole
from unfreeze.data.csv_cells import as_cell
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.insight.confusion import confusion_matrix
from unfreeze.insight.counting import require_labels, require_seen_once
from unfreeze.insight.label_thresholds import find_f2_threshold
from unfreeze.insight.trust import Trust, measure_trust
from unfreeze.model_file.reading import read_header
from unfreeze.numerics.calibration import at_temperature
from unfreeze.numerics.metrics import accuracy
from unfreeze.records import Predictions, RejectAt
from unfreeze.runs.scores import scores_in_json
from unfreeze.training.checkpoint import save_model

__all__ = ["Measurement", "measure", "write_predictions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Figures of the saved model, which answers at its temperature."""

    accuracy: float
    tta_accuracy: float | None
    valid_loss: float
    confusion: list[list[int]] | None
    scores: dict[str, Any]


def measure(learn: ConvLearner, num_views: int, run: Path, name: str) -> Measurement:
    """Measure a learner, and leave what was found in its file and beside it.

    The validation photos say at which temperature probabilities are right, and from
    which probability on answers can be relied on. That goes into the header of the
    model's file; answers to the photos go to ``predictions.csv``.

    Args:
        learn: With the weights that are saved under ``name``.
        num_views: Augmented passes over the validation photos.
        run: Folder of the run.
        name: Of the model's file, without suffix.

    Raises:
        DataError: If a photo would be counted twice or left out.
    """
    with learn.full_precision():
        raw, averaged = _answers(learn, num_views)
    labels = require_labels(raw)
    is_multi = labels.ndim == 2
    trust = measure_trust(raw, seed=learn.seed)
    answers = _at(raw, trust.temperature)
    file = run / f"{name}.safetensors"
    header = replace(
        read_header(file),
        temperature=trust.temperature,
        tta_temperature=(
            None
            if averaged is None
            else measure_trust(
                averaged, seed=learn.seed, precisions=(), usual=1.0
            ).temperature
        ),
        thresholds=(USUAL_THRESHOLD,) * len(raw.classes) if is_multi else None,
        reject=_promised(trust),
    )
    save_model(file, learn.model, header)
    write_predictions(run / "predictions.csv", answers)
    if averaged is not None:
        averaged = _at(averaged, header.tta_temperature or 1.0)
    return Measurement(
        accuracy=_accuracy(answers),
        tta_accuracy=None if averaged is None else _accuracy(averaged),
        valid_loss=float(answers.losses().mean()),
        confusion=None if is_multi else _confusion(answers),
        scores={
            **scores_in_json(answers, trust),
            **(_f2_threshold(answers, learn.seed) if is_multi else {}),
        },
    )


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write ``predictions.csv``: a row for each photo.

    Columns are file, label, predicted, probability, loss (nats), and the probability
    of every class. Several labels of a photo are separated as ``labels_in_words`` says;
    the probability is then the highest, and the loss the mean over labels. Names are
    written as ``csv_cells`` says.

    Args:
        path: Appears whole or not at all.
        predictions: With labels.
    """
    classes = predictions.classes
    labels = require_labels(predictions)
    losses = predictions.losses()
    with text_written_whole(path) as text:
        writer = csv.writer(text)
        titles = ["file", "label", "predicted", "probability", "loss"]
        writer.writerow([*titles, *map(as_cell, classes)])
        for row, name in enumerate(predictions.names):
            probs = predictions.probs[row]
            if labels.ndim == 2:
                truth = labels_in_words(labels[row], classes, None)
                guess = labels_in_words(probs, classes, None)
            else:
                truth, guess = classes[labels[row]], classes[int(probs.argmax())]
            figures = [probs.max(), losses[row], *probs]
            cells = map(as_cell, (name, truth, guess))
            writer.writerow([*cells, *(f"{each:.6f}" for each in figures)])


def _at(predictions: Predictions, temperature: float) -> Predictions:
    is_multi = require_labels(predictions).ndim == 2
    scaled = at_temperature(predictions.log_probs, temperature, is_multi=is_multi)
    return replace(predictions, log_probs=scaled)


def _answers(
    learn: ConvLearner, num_views: int
) -> tuple[Predictions, Predictions | None]:
    """To the plain photos, and to the mean over them and their views, if any."""
    raw, averaged = learn.predictions_of_views(num_views)
    require_seen_once(raw, learn.data.valid.index.names)
    return raw, averaged if num_views else None


def _promised(trust: Trust) -> tuple[RejectAt, ...]:
    return tuple(
        RejectAt(level.precision, level.threshold)
        for level in trust.reject
        if level.threshold is not None
    )


def _accuracy(answers: Predictions) -> float:
    labels = require_labels(answers)
    if labels.ndim == 1:
        return accuracy(answers.log_probs, labels)
    return float(((answers.probs > USUAL_THRESHOLD) == (labels > 0.5)).mean())


def _f2_threshold(answers: Predictions, seed: int) -> dict[str, Any]:
    return {"f2_threshold": asdict(find_f2_threshold(answers, seed=seed))}


def _confusion(answers: Predictions) -> list[list[int]]:
    predicted = answers.log_probs.argmax(axis=1)
    labels = require_labels(answers)
    return confusion_matrix(labels, predicted, answers.classes).tolist()
