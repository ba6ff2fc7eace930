"""What a run folder holds, read again: its answers on validation photos, and facts."""

import os
from pathlib import Path

from unfreeze.errors import DataError
from unfreeze.insight.comparison import Outcomes
from unfreeze.insight.run_facts import RunFacts
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.layout import read_layout
from unfreeze.model_file.reading import read_header
from unfreeze.records import Task
from unfreeze.runs.model_files import trained_model_file
from unfreeze.runs.run_files import answers_in, kept_in, summary_in

__all__ = [
    "photos_of",
    "read_facts",
    "read_outcomes",
    "require_single_label",
    "training_folder_of",
]

_MODEL = "model.safetensors"
"""The file of a run folder whose answers stand in ``predictions.csv``."""

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""Ends of the names of tensors that are measured rather than learned."""


def read_outcomes(run: Path) -> Outcomes:
    """Read what a run's model said about its validation photos.

    Args:
        run: A run folder, or the ``model.safetensors`` in it.

    Raises:
        DataError: If there is no ``predictions.csv``, one that is damaged, or one of a
            model for several labels per photo; or another model file is named, whose
            answers were not kept.
    """
    require_single_label(run)
    if run.is_file() and run.name != _MODEL:
        raise DataError(
            f"{run} is a model file by itself, and what it said of its validation "
            f"photos was not kept. Expected a run folder, or its {_MODEL}; or pass "
            "labelled photos as DATA."
        )
    folder = run.parent if run.is_file() else run
    answers = answers_in(folder)
    if answers is None:
        raise DataError(
            f"{folder} has no predictions.csv to read. Expected the folder of a "
            "finished run; or pass labelled photos as DATA."
        )
    labels = [each.label for each in answers]
    predicted = [each.predicted for each in answers]
    known = summary_in(folder).get("classes") or sorted({*labels, *predicted})
    return Outcomes(
        files=[each.file for each in answers],
        labels=labels,
        predicted=predicted,
        probabilities=[each.probability for each in answers],
        losses=[each.loss for each in answers],
        classes=tuple(known),
    )


def read_facts(run: Path) -> RunFacts:
    """Read how large a run's model is, how long it took, and with which settings.

    Args:
        run: A run folder, or a model file. What is not there is not known.

    Raises:
        PlanError: If it is an exported model.
        WeightsError: If its model file is damaged.
    """
    model = run if run.is_file() else run / _MODEL
    header = _header(run)
    summary = summary_in(model.parent) if model.name == _MODEL else {}
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


def photos_of(run: Path) -> Path | None:
    """The folder that names of a run's validation photos start from, as it says.

    Args:
        run: A run folder, or the model file in it.
    """
    folder = run.parent if run.is_file() else run
    root = kept_in(folder).get("valid_root")
    return Path(root) if isinstance(root, str) else None


def training_folder_of(run: Path) -> Path | None:
    """The folder of the photos that a run has learned from, as far as it says.

    It may hold the validation photos, too.

    Args:
        run: A run folder, or the model file in it.
    """
    kept = kept_in(run.parent if run.is_file() else run)
    if isinstance(kept.get("train_root"), str):
        return Path(kept["train_root"])
    # Earlier runs kept what a person had typed, in a working folder that they forgot.
    named, valid_root = kept.get("photos"), photos_of(run)
    if not isinstance(named, str) or valid_root is None:
        return None
    typed = Path(os.path.normpath(named))
    if typed.is_absolute():
        return typed
    parts = tuple(part for part in typed.parts if part != os.pardir)
    above = (valid_root, *valid_root.parents)
    return next(
        (each for each in above if parts and each.parts[-len(parts) :] == parts), None
    )


def require_single_label(run: Path) -> None:
    """Refuse a model that gives several labels to a photo.

    Raises:
        DataError: If it does; a run without a model file is let pass.
        PlanError: If it is an exported model.
        WeightsError: If its model file is damaged.
    """
    header = _header(run)
    if header is not None and header.task is not Task.SINGLE:
        raise DataError(
            f"The model of {run} gives several labels to a photo. Expected models that "
            "choose one class, since only then a photo is right or wrong as a whole."
        )


def _header(run: Path) -> ModelHeader | None:
    model = trained_model_file(run) if run.is_file() else run / _MODEL
    return read_header(model) if model.is_file() else None


def _num_parameters(model: Path) -> int:
    return sum(
        tensor.num_elements
        for name, tensor in read_layout(model).tensors.items()
        if not name.endswith(_STATISTICS)
    )
