"""The exported model of a run folder, made when it is first asked for."""

from collections.abc import Callable
from pathlib import Path

from unfreeze.bundle import read_bundle
from unfreeze.errors import DataError, UnfreezeError
from unfreeze.model_file.reading import read_header
from unfreeze.runs.export_photos import photos_of_run
from unfreeze.runs.exporting import export_model, source_of
from unfreeze.runs.predictor import rules_of
from unfreeze.runs.run_folder import model_file

__all__ = ["BUNDLE", "bundle_for_run"]

BUNDLE = "model.onnx"
"""Name of the exported model in a run folder."""


def bundle_for_run(run: Path, say: Callable[[str], None] = lambda line: None) -> Path:
    """Export the model of a run to the run's own folder, unless it is there already.

    Args:
        run: A run folder.
        say: Told before it takes a while.

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
        say(f"exporting to {target}, once; this takes a minute or two")
        rules = rules_of(read_header(file), tta=False)
        export_model(file, target, photos_of_run(run, rules), is_batched=True)
    return target


def _is_of(target: Path, source: str) -> bool:
    try:
        header = read_bundle(target).header
    except UnfreezeError:
        return False
    is_usual = header.precision == "fp32" and header.is_batched
    return is_usual and header.source == source
