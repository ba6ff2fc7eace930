"""Read a run folder again, whatever of it is there."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unfreeze.errors import DataError
from unfreeze.insight.charts.losses import FitLosses
from unfreeze.insight.report.record import (
    Answer,
    FitRecord,
    RunRecord,
    SearchRecord,
)
from unfreeze.numerics.suggest import Curve
from unfreeze.runs.answer_table import read_answer_table

__all__ = ["KEPT", "read_answers", "read_run"]

KEPT = "report.json"
"""What the report needs of the model, kept for the next time it is written."""


def read_run(run: Path) -> RunRecord:
    """Read what ``unfreeze train`` left in a folder, older runs included.

    Raises:
        DataError: If there is no summary in it, or its ``predictions.csv`` is damaged.
    """
    try:
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"There is no readable summary.json in {run}. Expected a run folder of "
            "unfreeze train."
        ) from error
    rows = list(_history_rows(run / "history.jsonl"))
    return RunRecord(
        name=run.resolve().name,
        summary=summary,
        fits=tuple(_fits(rows)),
        searches=tuple(_searches(rows)),
        answers=() if _is_multi(summary) else read_answers(run, _classes(summary)),
        kept=_kept(run / KEPT),
    )


def read_answers(run: Path, classes: Sequence[str]) -> tuple[Answer, ...]:
    """Read ``predictions.csv`` of a run whose photos carry one label each.

    Empty if there is none, or if it is not one of such a run.

    Raises:
        DataError: If it is damaged.
    """
    path = run / "predictions.csv"
    if not path.is_file():
        return ()
    answers = read_answer_table(path)
    named = {name for each in answers for name in (each.label, each.predicted)}
    return answers if named <= set(classes) else ()


def _is_multi(summary: dict[str, Any]) -> bool:
    """Whether photos carry several labels; runs without scores are older than that."""
    return (summary.get("scores") or {}).get("kind") == "multi"


def _classes(summary: dict[str, Any]) -> Sequence[str]:
    return summary.get("classes") or ()


def _kept(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def _history_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines; the last one of a killed run may be cut."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                return


def _fits(rows: list[dict[str, Any]]) -> Iterator[FitRecord]:
    starts = [n for n, row in enumerate(rows) if row["kind"] == "fit"]
    for number, begin in enumerate(starts, start=1):
        end = starts[number] if number < len(starts) else len(rows)
        within = rows[begin + 1 : end]
        losses = [_number(row["loss"]) for row in within if row["kind"] == "step"]
        epochs = [row for row in within if row["kind"] == "epoch"]
        if not losses:
            continue
        per_epoch = rows[begin].get("steps_per_epoch") or len(losses)
        valid = [
            (min((n + 1) * per_epoch, len(losses)), _number(row["valid_loss"]))
            for n, row in enumerate(epochs)
        ]
        yield FitRecord(
            FitLosses(f"fit {number}", losses, valid),
            [_number(row["train_loss"]) for row in epochs],
            [loss for _, loss in valid],
        )


def _searches(rows: list[dict[str, Any]]) -> Iterator[SearchRecord]:
    for row in rows:
        if row["kind"] == "search":
            yield SearchRecord(
                tuple(
                    Curve(each["rates"], [_number(loss) for loss in each["losses"]])
                    for each in row["curves"]
                ),
                row["rate"],
                row["low"],
                row["high"],
                row["verdict"],
                row["reason"],
            )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
