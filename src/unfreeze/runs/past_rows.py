"""``history.jsonl`` read again: the searches and fits of a run, for going on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unfreeze.errors import DataError
from unfreeze.numerics.smoothing import RunningMean
from unfreeze.numerics.suggest import Curve, Suggestion
from unfreeze.training.history import EpochRow, History, StepRow
from unfreeze.training.lr_find import RateSearch
from unfreeze.written_json import figure_or_nan

__all__ = ["FitRows", "PastRows", "cut_history", "read_past_rows"]


@dataclass(frozen=True, slots=True)
class FitRows:
    """Rows of one fit."""

    steps: list[StepRow] = field(default_factory=list)
    epochs: list[EpochRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PastRows:
    """All that a history tells, in its order."""

    searches: list[RateSearch] = field(default_factory=list)
    fits: list[FitRows] = field(default_factory=list)


def cut_history(path: Path, num_bytes: int) -> None:
    """Cut off rows that were written after a state was kept."""
    if path.is_file():
        with path.open("r+b") as file:
            file.truncate(num_bytes)


def read_past_rows(path: Path, num_bytes: int) -> PastRows:
    """Read a history as far as it went when a state was kept, and leave it as it is.

    Args:
        path: Of the history; what lies behind may be torn.
        num_bytes: That it had then.

    Raises:
        DataError: If some of them are missing, or a row is damaged.
    """
    found = PastRows()
    kept = _beginning(path, num_bytes)
    try:
        for line in kept.decode().splitlines():
            _take(json.loads(line), found)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"{path} holds a row that unfreeze train did not write ({error!r}). "
            "Restore it, or train anew."
        ) from error
    return found


def _beginning(path: Path, num_bytes: int) -> bytes:
    content = b""
    if num_bytes and path.is_file():
        with path.open("rb") as file:
            content = file.read(num_bytes)
    if len(content) < num_bytes:
        raise DataError(
            f"{path} has {len(content):,} bytes, and had {num_bytes:,} when the run "
            "was stopped. Restore it, or train anew."
        )
    return content


def _take(row: dict[str, Any], found: PastRows) -> None:
    kind = row.pop("kind")
    match kind:
        case "search":
            found.searches.append(_search(row))
        case "fit":
            found.fits.append(FitRows())
        case "step":
            loss = figure_or_nan(row.pop("loss"))
            smooth = figure_or_nan(row.pop("smooth_loss"))
            rates = tuple(row.pop("rates"))
            step = StepRow(rates=rates, loss=loss, smooth_loss=smooth, **row)
            found.fits[-1].steps.append(step)
        case "epoch":
            found.fits[-1].epochs.append(_epoch(row))
        case _:
            raise ValueError(kind)


def _epoch(row: Mapping[str, Any]) -> EpochRow:
    words = dict(row)
    for name in ("train_loss", "valid_loss"):
        words[name] = figure_or_nan(row[name])
    for name in ("metrics", "extra"):
        words[name] = {each: figure_or_nan(row[name][each]) for each in row[name]}
    return EpochRow(**words)


def _search(row: Mapping[str, Any]) -> RateSearch:
    curves = tuple(
        Curve(each["rates"], [figure_or_nan(loss) for loss in each["losses"]])
        for each in row["curves"]
    )
    words = {name: value for name, value in row.items() if name != "curves"}
    history, mean = History(), RunningMean()
    rows = []
    for number, (rate, loss) in enumerate(
        zip(curves[0].rates, curves[0].losses, strict=True)
    ):
        mean = mean.plus(float(loss))
        rows.append(StepRow(number, 0, (rate,), None, float(loss), mean.value))
    history.add_past_steps(rows)
    return RateSearch(Suggestion(**words), curves, history)
