"""Answers as a table: one file and its probabilities per row."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

from unfreeze.atomic import text_written_whole
from unfreeze.runs.predictor import Answers

__all__ = ["answers_as_json", "write_answers"]


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
