"""Read a run folder again, whatever of it is there."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unfreeze.errors import DataError
from unfreeze.insight.report.record import Answer, RunRecord, SearchRecord
from unfreeze.numerics.suggest import Curve
from unfreeze.runs.answer_table import read_answer_table
from unfreeze.runs.fit_records import fits_of, loss_or_nan
from unfreeze.runs.run_folder import is_running, is_unfinished

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
        fits=fits_of(rows, summary.get("steps") or ()),
        searches=tuple(_searches(rows)),
        answers=() if _is_multi(summary) else read_answers(run, _classes(summary)),
        kept=_kept(run / KEPT),
        is_running=is_running(run),
        can_go_on=is_unfinished(run),
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


def _searches(rows: list[dict[str, Any]]) -> Iterator[SearchRecord]:
    for row in rows:
        if row["kind"] == "search":
            yield SearchRecord(
                tuple(
                    Curve(each["rates"], [loss_or_nan(loss) for loss in each["losses"]])
                    for each in row["curves"]
                ),
                row["rate"],
                row["low"],
                row["high"],
                row["verdict"],
                row["reason"],
            )
