"""What a run left in its folder, read again: summary, answers, and what was kept."""

import json
from pathlib import Path
from typing import Any

from unfreeze.insight.report.record import Answer
from unfreeze.runs.answer_table import read_answer_table

__all__ = ["KEPT", "answers_in", "kept_in", "summary_in"]

KEPT = "report.json"
"""What the report needs of the model, kept for the next time it is written."""


def summary_in(run: Path) -> dict[str, Any]:
    """What ``summary.json`` holds; nothing where it is not there, or is torn."""
    return _content(run / "summary.json")


def kept_in(run: Path) -> dict[str, Any]:
    """What ``report.json`` holds; nothing where it is not there, or is torn."""
    return _content(run / KEPT)


def answers_in(run: Path) -> tuple[Answer, ...] | None:
    """What ``predictions.csv`` holds; None where there is none.

    Raises:
        DataError: If it is damaged.
    """
    file = run / "predictions.csv"
    return read_answer_table(file) if file.is_file() else None


def _content(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
