"""What a run folder holds, read again: its answers on validation photos, and facts."""

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unfreeze.errors import DataError
from unfreeze.insight.comparison import Outcomes
from unfreeze.insight.run_facts import RunFacts
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.layout import read_layout
from unfreeze.model_file.reading import read_header
from unfreeze.records import Task

__all__ = ["read_facts", "read_outcomes", "require_single_label"]

_COLUMNS = ("file", "label", "predicted", "probability")
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""Ends of the names of tensors that are measured rather than learned."""


def read_outcomes(run: Path) -> Outcomes:
    """Read what a run's model said about its validation photos.

    Args:
        run: A run folder, or the model file in it.

    Raises:
        DataError: If there is no ``predictions.csv``, one that is damaged, or one of a
            model for several labels per photo.
    """
    folder = run.parent if run.is_file() else run
    require_single_label(run)
    file = folder / "predictions.csv"
    rows = _rows(file)
    try:
        chances = [float(row["probability"]) for row in rows]
        losses = [float(row.get("loss") or math.nan) for row in rows]
    except ValueError as error:
        raise DataError(
            f"{file} holds something else than a figure ({error}). Restore it, or pass "
            "labelled photos as DATA."
        ) from error
    labels = [row["label"] for row in rows]
    predicted = [row["predicted"] for row in rows]
    known = _summary(folder).get("classes") or sorted({*labels, *predicted})
    return Outcomes(
        files=[row["file"] for row in rows],
        labels=labels,
        predicted=predicted,
        probabilities=chances,
        losses=losses,
        classes=tuple(known),
    )


def read_facts(run: Path) -> RunFacts:
    """Read how large a run's model is, how long it took, and with which settings.

    Args:
        run: A run folder, or a model file. What is not there is not known.

    Raises:
        WeightsError: If its model file is damaged.
    """
    model = run if run.is_file() else run / "model.safetensors"
    header = _header(run)
    summary = _summary(model.parent) if model.name == "model.safetensors" else {}
    settings = summary.get("settings") or ({} if header is None else header.settings)
    return RunFacts(
        run=str(run),
        arch=summary.get("arch") if header is None else header.arch,
        size=summary.get("size") if header is None else header.image.size,
        model_bytes=None if header is None else model.stat().st_size,
        parameters=None if header is None else _num_parameters(model),
        seconds=summary.get("seconds"),
        n_train=summary.get("n_train"),
        settings=settings,
    )


def require_single_label(run: Path) -> None:
    """Refuse a model that gives several labels to a photo.

    Raises:
        DataError: If it does; a run without a model file is let pass.
        WeightsError: If its model file is damaged.
    """
    header = _header(run)
    if header is not None and header.task is not Task.SINGLE:
        raise DataError(
            f"The model of {run} gives several labels to a photo. Expected models that "
            "choose one class, since only then a photo is right or wrong as a whole."
        )


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
            rows = list(csv.DictReader(text, strict=True))
    except OSError as error:
        raise DataError(
            f"{file.parent} has no predictions.csv to read ({error.strerror}). "
            "Expected the folder of a finished run; or pass labelled photos as DATA."
        ) from error
    except csv.Error as error:
        raise DataError(f"{file} is not a whole CSV file: {error}.") from error
    if not rows or any(row.get(name) is None for row in rows for name in _COLUMNS):
        raise DataError(
            f"{file} lacks rows or columns. Expected {', '.join(_COLUMNS)}, as "
            "unfreeze train writes them; or pass labelled photos as DATA."
        )
    return rows


def _header(run: Path) -> ModelHeader | None:
    model = run if run.is_file() else run / "model.safetensors"
    return read_header(model) if model.is_file() else None


def _summary(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _num_parameters(model: Path) -> int:
    return sum(
        tensor.num_elements
        for name, tensor in read_layout(model).tensors.items()
        if not name.endswith(_STATISTICS)
    )
