"""What to tell a person of a run folder before it is written to, or asked."""

import glob
import os
import shlex
from pathlib import Path

from unfreeze.runs.run_folder import (
    CHECKPOINT,
    is_at_work,
    is_unfinished,
    status_of,
    usual_run_folder,
)

__all__ = ["place_notes", "unfinished_note"]


def place_notes(planned: Path, photos: Path) -> list[str]:
    """What to know of a run whose folder was not chosen.

    Args:
        planned: Where it goes.
        photos: Its photos, after which its folder is named.

    Returns:
        Nothing for the first run of these photos. Else that its folder has a number,
        since another one is asked by the plain name; and which run of these photos
        can go on, if there is one.
    """
    first = usual_run_folder(photos)
    if planned == first:
        return []
    notes = [
        f"note: {first} is there already, so this run goes to {planned}: that is the "
        "name to ask it by"
    ]
    other = _latest_unfinished(first, planned)
    if other is not None:
        notes.append(
            f"note: {other} holds an unfinished run of these photos; to go on with it: "
            f"unfreeze resume {shlex.quote(str(other))}"
        )
    return notes


def unfinished_note(model: Path) -> str | None:
    """What to know of a model that is asked before its run is finished.

    Args:
        model: A run folder, or the model file in one.

    Returns:
        None where the run is finished, or nothing says that it is not; and where it
        has no model yet, which whoever asks it is told.
    """
    run = model if model.is_dir() else model.parent
    if not (run / "model.safetensors").is_file():
        return None
    weights = "its weights are those of its best epoch so far"
    if is_unfinished(run):
        if is_at_work(run):
            return f"note: This run is still running: {weights}."
        go_on = f"unfreeze resume {shlex.quote(str(run))}"
        return f"note: This run is unfinished: {weights}; {go_on} goes on."
    if status_of(run) == "stopped":
        return f"note: This run was stopped before its end: {weights}."
    return None


def _latest_unfinished(first: Path, planned: Path) -> Path | None:
    places = [first, *first.parent.glob(f"{glob.escape(first.name)}-*")]
    found = [each for each in places if each != planned and _waits_for_us(each)]
    return max(found, key=lambda each: each.stat().st_mtime, default=None)


def _waits_for_us(run: Path) -> bool:
    """Whether this user can go on with a run; a colleague's is none of his."""
    is_waiting = is_unfinished(run) and not is_at_work(run)
    return is_waiting and os.access(run / CHECKPOINT, os.W_OK)
