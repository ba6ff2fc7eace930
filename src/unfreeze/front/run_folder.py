"""Where a run goes, without anything lost that was there."""

import json
from pathlib import Path

from unfreeze.errors import DataError, PlanError

__all__ = ["fresh_run_folder", "model_file"]

_OURS = frozenset(
    {"history.jsonl", "model.safetensors", "predictions.csv", "summary.json"}
)


def fresh_run_folder(chosen: Path | None, photos: Path) -> Path:
    """Make an empty folder for a run.

    Without a choice it is ``runs/<name of the photos>``, with a number behind it when
    there is one already. A chosen folder with an unfinished run is used again; a
    finished run in it is moved aside, to ``<folder>.1`` and so on.

    Raises:
        PlanError: If the chosen folder holds other things than a run.
    """
    if chosen is None:
        return _made(_free(Path("runs") / photos.resolve().name, "-", first=2))
    if chosen.exists() and any(chosen.iterdir()):
        _require_run(chosen)
        if _is_finished(chosen):
            chosen.rename(_free(chosen, ".", first=1))
        else:
            for name in _OURS:
                (chosen / name).unlink(missing_ok=True)
    return _made(chosen)


def model_file(run: Path) -> Path:
    """The model of a run folder, or the model file itself.

    Raises:
        DataError: If there is neither.
    """
    if run.is_file():
        return run
    if not (run / "model.safetensors").is_file():
        raise DataError(
            f"There is no model in {run}. Expected a run folder of unfreeze train, "
            "with model.safetensors in it, or such a file."
        )
    return run / "model.safetensors"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _free(wanted: Path, mark: str, first: int) -> Path:
    """``wanted``, or the first of its numbered neighbours that does not exist."""
    number, free = first, wanted
    while free.exists():
        free = wanted.with_name(f"{wanted.name}{mark}{number}")
        number += 1
    return free


def _require_run(folder: Path) -> None:
    strangers = sorted(
        entry.name for entry in folder.iterdir() if entry.name not in _OURS
    )
    if strangers:
        raise PlanError(
            f"{folder} holds other things than a run, for example {strangers[0]!r}. "
            "Pass --out with a folder that is new or holds an earlier run."
        )


def _is_finished(folder: Path) -> bool:
    try:
        summary = json.loads((folder / "summary.json").read_text())
    except (OSError, ValueError):
        return False
    return bool(summary.get("status") == "finished")
