"""The fits of a run, from the rows of its history and the steps of its summary."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from unfreeze.insight.charts.losses import FitLosses
from unfreeze.insight.report.record import FitRecord
from unfreeze.insight.report.tables import number_of_kept
from unfreeze.written_json import figure_or_nan

__all__ = ["fits_of"]

Row = Mapping[str, Any]


def fits_of(rows: Sequence[Row], steps: Sequence[Row]) -> tuple[FitRecord, ...]:
    """Every fit that did at least a batch.

    Which step a fit belongs to, and which epoch's weights the run kept, is told where
    both records count the same epochs: not of a run that was stopped between them.

    Args:
        rows: Of ``history.jsonl``.
        steps: Of ``summary.json``.
    """
    return tuple(_placed(list(_fits(rows)), steps))


def _fits(rows: Sequence[Row]) -> Iterator[FitRecord]:
    starts = [n for n, row in enumerate(rows) if row["kind"] == "fit"]
    for number, begin in enumerate(starts, start=1):
        end = starts[number] if number < len(starts) else len(rows)
        within = rows[begin + 1 : end]
        losses = [figure_or_nan(row["loss"]) for row in within if row["kind"] == "step"]
        epochs = [row for row in within if row["kind"] == "epoch"]
        if not losses:
            continue
        per_epoch = rows[begin].get("steps_per_epoch") or len(losses)
        valid = [
            (min((n + 1) * per_epoch, len(losses)), figure_or_nan(row["valid_loss"]))
            for n, row in enumerate(epochs)
        ]
        yield FitRecord(
            FitLosses(f"fit {number}", losses, valid),
            [figure_or_nan(row["train_loss"]) for row in epochs],
            [loss for _, loss in valid],
        )


def _placed(fits: list[FitRecord], steps: Sequence[Row]) -> Iterator[FitRecord]:
    """Put step and kept epoch to each fit, by counting epochs over the whole run."""
    ends = list(accumulate(int(step["epochs"]) for step in steps))
    begin = 0
    if not ends or ends[-1] != sum(len(fit.valid_by_epoch) for fit in fits):
        yield from fits
        return
    kept = _kept_epoch(steps, ends)
    for fit in fits:
        end = begin + len(fit.valid_by_epoch)
        at = next((n for n, each in enumerate(ends) if each > begin), None)
        yield replace(
            fit,
            step="" if at is None or begin == end else str(steps[at]["name"]),
            kept_epoch=kept - begin if kept and begin < kept <= end else None,
        )
        begin = end


def _kept_epoch(steps: Sequence[Row], ends: Sequence[int]) -> int | None:
    """The epoch of the whole run, from 1, whose weights are kept."""
    number = number_of_kept(steps)
    if number is None:
        return None
    before = ends[number] - int(steps[number]["epochs"])
    return before + int(steps[number]["best_epoch"])
