"""Read a run folder again, whatever of it is there."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unfreeze.answering import separator_of
from unfreeze.errors import DataError
from unfreeze.insight.report.record import Answer, RunRecord, SearchRecord
from unfreeze.numerics.suggest import Curve
from unfreeze.runs.fit_records import fits_of
from unfreeze.runs.run_files import answers_in, kept_in, summary_in
from unfreeze.runs.run_folder import is_running, is_unfinished
from unfreeze.written_json import figure_or_nan

__all__ = ["read_answers", "read_run"]


def read_run(run: Path) -> RunRecord:
    """Read what ``unfreeze train`` left in a folder, older runs included.

    Raises:
        DataError: If there is no summary in it, or its ``predictions.csv`` is damaged.
    """
    summary = summary_in(run)
    if not summary:
        raise DataError(
            f"There is no readable summary.json in {run}. Expected a run folder of "
            "unfreeze train."
        )
    rows = list(_history_rows(run / "history.jsonl"))
    return RunRecord(
        name=run.resolve().name,
        summary=summary,
        fits=fits_of(rows, summary.get("steps") or ()),
        searches=tuple(_searches(rows)),
        answers=read_answers(run, _classes(summary), is_multi=_is_multi(summary)),
        kept=kept_in(run),
        is_running=is_running(run),
        can_go_on=is_unfinished(run),
    )


def read_answers(
    run: Path, classes: Sequence[str], *, is_multi: bool = False
) -> tuple[Answer, ...]:
    """Read ``predictions.csv`` of a run.

    Empty if there is none, or if it is not one of such a run.

    Args:
        run: Its folder.
        classes: What a photo can be, or carry.
        is_multi: Whether a photo carries several of them.

    Raises:
        DataError: If it is damaged.
    """
    answers = answers_in(run) or ()
    named = {name for each in answers for name in (each.label, each.predicted)}
    if is_multi:
        separator = separator_of(classes)
        named = {name for each in named for name in each.split(separator)} - {""}
    return answers if named <= set(classes) else ()


def _is_multi(summary: dict[str, Any]) -> bool:
    """Whether photos carry several labels; runs without scores are older than that."""
    return (summary.get("scores") or {}).get("kind") == "multi"


def _classes(summary: dict[str, Any]) -> Sequence[str]:
    return summary.get("classes") or ()


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
                    Curve(
                        each["rates"], [figure_or_nan(loss) for loss in each["losses"]]
                    )
                    for each in row["curves"]
                ),
                row["rate"],
                row["low"],
                row["high"],
                row["verdict"],
                row["reason"],
            )
