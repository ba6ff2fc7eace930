"""The file of a model that was named, and whether it was trained or exported."""

from pathlib import Path

from unfreeze.bundle import is_export
from unfreeze.errors import DataError, PlanError
from unfreeze.runs.run_folder import why_no_model

__all__ = ["FOR_TORCH", "model_file", "trained_model_file"]

FOR_TORCH = ".pt2"
"""Ends the names of exports in torch's own format."""


def model_file(run: Path) -> Path:
    """The model of a run folder, or the model file itself.

    Raises:
        DataError: If there is neither.
    """
    if run.is_file():
        return run
    if not (run / "model.safetensors").is_file():
        raise DataError(f"There is no model in {run}{why_no_model(run)}")
    return run / "model.safetensors"


def trained_model_file(run: Path) -> Path:
    """The same where an exported model is of no use.

    Raises:
        DataError: If there is neither.
        PlanError: If it is an exported model.
    """
    file = model_file(run)
    if is_export(file) or file.suffix.lower() == FOR_TORCH:
        raise PlanError(
            f"{file} is an exported model, and this needs the trained one. Pass the "
            "run folder that it was exported from, or the model.safetensors in there."
        )
    return file
