"""Answers as a table: one file and its probabilities per row."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

from unfreeze.atomic import text_written_whole
from unfreeze.errors import PlanError
from unfreeze.runs.predictor import Answers

__all__ = ["answers_as_json", "least_probability", "write_answers"]


def least_probability(
    answers: Answers, threshold: float | None, precision: float | None
) -> float | None:
    """The probability below which an answer is not sure enough.

    Args:
        answers: Of one model.
        threshold: The probability itself.
        precision: Or the share of given answers that shall be right, above 0.

    Returns:
        None where every answer is to be given.

    Raises:
        PlanError: If both are given, the precision cannot be promised, or photos carry
            several labels, each of which has a threshold already.
    """
    if threshold is None and precision is None:
        return None
    if answers.is_multi:
        raise PlanError(
            "This model names any number of labels for a photo, each above a threshold "
            "of its own. Leave --threshold and --min-precision out."
        )
    if precision is None:
        return threshold
    if threshold is not None:
        raise PlanError("--threshold and --min-precision exclude each other: pass one.")
    return answers.least_for(precision)


def write_answers(path: Path, answers: Answers, least: float | None = None) -> None:
    """Write a CSV: file, label, probability, one column per class.

    Files that could not be read have no row; they stand in ``answers.skipped``.

    Args:
        path: Appears whole or not at all.
        answers: One row each.
        least: Answers with a probability below it are not sure.
    """
    with text_written_whole(path) as text:
        writer = csv.writer(text)
        writer.writerow(["file", "label", "probability", *answers.predictions.classes])
        for name, label, probability, probabilities in answers.rows(least):
            shares = [f"{each:.6f}" for each in probabilities]
            writer.writerow([name, label, f"{probability:.6f}", *shares])


def answers_as_json(answers: Answers, least: float | None = None) -> dict[str, Any]:
    """What ``--json`` prints."""
    classes = answers.predictions.classes
    return {
        "classes": list(classes),
        "predictions": [
            {
                "file": name,
                "label": label,
                "probability": probability,
                "probabilities": dict(zip(classes, probabilities, strict=True)),
            }
            for name, label, probability, probabilities in answers.rows(least)
        ],
        "skipped": [dataclasses.asdict(each) for each in answers.skipped],
    }
