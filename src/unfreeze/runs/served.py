"""The exported model of a run folder, made when it is first asked for."""

import shlex
from collections.abc import Callable
from pathlib import Path

from unfreeze.bundle import read_bundle
from unfreeze.errors import DataError, PlanError, UnfreezeError, WeightsError
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.reading import read_header
from unfreeze.places import beside, require_place
from unfreeze.runs.export_photos import photos_of_run
from unfreeze.runs.exporting import export_model, source_of
from unfreeze.runs.model_files import trained_model_file
from unfreeze.runs.predictor import rules_of
from unfreeze.runs.run_folder import SERVED, run_folder
from unfreeze.runs.run_notes import unfinished_note

__all__ = ["bundle_for_run"]


def bundle_for_run(run: Path, say: Callable[[str], None] = lambda line: None) -> Path:
    """Export the model of a run to the run's own folder, unless it is there already.

    Where that folder is read-only, the export goes to the user's cache folder. It has a
    name of its own: what people export themselves is never replaced.

    Args:
        run: A run folder, or its ``model.safetensors``.
        say: Told before it takes a while.

    Raises:
        DataError: If there is no model, or its validation photos are gone.
        WeightsError: If the model file is damaged.
        PlanError: If ``run`` is an export itself or no model, or its export answers
            differently than the trained model, or cannot be written anywhere.
    """
    file = trained_model_file(run)
    header = _header_of(file)
    folder = run_folder(run)
    export = f"unfreeze export {shlex.quote(str(run))} model.onnx --batch --data PHOTOS"
    if not folder.is_dir():
        raise DataError(
            f"{run} is a model file without its run folder. Export it first: {export}; "
            "then serve that file."
        )
    source, is_unfinished = source_of(file), unfinished_note(file) is not None
    home = beside(folder, Path())
    for made in (folder / SERVED, home / SERVED):
        if _is_of(made, source, is_unfinished=is_unfinished):
            return made
    home.mkdir(parents=True, exist_ok=True)
    target = home / SERVED
    require_place(target)
    say(f"exporting to {target}, once; this takes a minute or two")
    advice = f"Export it with other photos: {export}; then serve that file."
    proof = photos_of_run(folder, rules_of(header, tta=False), advice)
    export_model(file, target, proof, is_batched=True)
    return target


def _header_of(file: Path) -> ModelHeader:
    try:
        return read_header(file)
    except WeightsError as error:
        if file.suffix == ".safetensors":
            raise
        raise PlanError(
            f"{file} is no model. Expected a run folder, its model.safetensors, or a "
            "FILE.onnx that unfreeze export has written."
        ) from error


def _is_of(target: Path, source: str, *, is_unfinished: bool) -> bool:
    try:
        header = read_bundle(target).header
    except UnfreezeError:
        return False
    is_usual = header.precision == "fp32" and header.is_batched
    is_same = (header.source, header.is_unfinished) == (source, is_unfinished)
    return is_usual and is_same
