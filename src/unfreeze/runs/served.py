"""The exported model of a run folder, made when it is first asked for."""

from pathlib import Path

from unfreeze.bundle import read_bundle
from unfreeze.errors import DataError, UnfreezeError
from unfreeze.runs.export_photos import photos_of_run
from unfreeze.runs.exporting import export_model, source_of
from unfreeze.runs.run_folder import model_file

__all__ = ["BUNDLE", "bundle_for_run"]

BUNDLE = "model.onnx"
"""Name of the exported model in a run folder."""


def bundle_for_run(run: Path) -> Path:
    """Export the model of a run to the run's own folder, unless it is there already.

    Args:
        run: A run folder.

    Raises:
        DataError: If there is no model, or its validation photos are gone.
        PlanError: If the export answers differently than the trained model.
    """
    file = model_file(run)
    if not run.is_dir():
        raise DataError(
            f"{run} is a model file without its run folder. Export it first: unfreeze "
            "export FILE model.onnx --data PHOTOS."
        )
    target = run / BUNDLE
    if not _is_of(target, source_of(file)):
        export_model(file, target, photos_of_run(run), is_batched=True)
    return target


def _is_of(target: Path, source: str) -> bool:
    try:
        return read_bundle(target).header.source == source
    except UnfreezeError:
        return False
