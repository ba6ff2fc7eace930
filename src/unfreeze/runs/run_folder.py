"""Where a run goes, and what a folder holds of one."""

import shlex
from pathlib import Path

from unfreeze.atomic import is_part
from unfreeze.data.split_folders import photo_folders
from unfreeze.errors import PlanError
from unfreeze.runs.locks import is_held
from unfreeze.runs.run_files import summary_in

__all__ = [
    "BEGUN",
    "CHECKPOINT",
    "LOCK",
    "PHOTOS",
    "SERVED",
    "files_of_run",
    "free_name",
    "holds_nothing",
    "is_at_work",
    "is_run",
    "is_running",
    "is_unfinished",
    "planned_run_folder",
    "require_usable",
    "run_folder",
    "status_of",
    "usual_run_folder",
    "why_no_model",
]

CHECKPOINT = "checkpoint"
"""Folder in a run folder with what an unfinished run needs to go on."""

BEGUN = "begun.json"
"""In it: how the run was begun. Without that there is nothing to go on from."""

LOCK = "lock"
"""In it: held by the process that works on the run."""

PHOTOS = "photos.safetensors"
"""In it: which photos the run began with."""


SERVED = "served.onnx"
"""In a run folder: its model as the server reads it, exported when first asked for."""

_OURS = frozenset(
    {
        "history.jsonl",
        "model.safetensors",
        "predictions.csv",
        "report.html",
        "report.json",
        "served.golden.npz",
        SERVED,
        "summary.json",
    }
)


def planned_run_folder(
    chosen: Path | None, photos: Path, name: str | None = None
) -> Path:
    """Say where a run goes, without touching anything.

    Without a choice it is ``runs/<name>``, with a number behind it when there is one
    already.

    Args:
        chosen: The folder that was asked for, if one was.
        photos: The folder with the photos.
        name: What to call the run; that of the photos unless given.

    Raises:
        PlanError: If the chosen folder cannot be used, as ``require_usable`` says, or
            lies where its name would be taken for a class of photos.
    """
    named = photos if name is None else Path(name)
    wanted = usual_run_folder(named) if chosen is None else chosen
    for place in (wanted, *wanted.parents):
        if place.is_file():
            raise PlanError(f"{place} is a file. Pass --out with a folder.")
    _require_outside(wanted, photos)
    if chosen is None:
        return free_name(wanted, "-", first=2)
    if chosen.exists():
        require_usable(chosen)
    return chosen


def usual_run_folder(photos: Path) -> Path:
    """Where the first run of some photos goes unless a folder is chosen."""
    return Path("runs") / photos.resolve().name


def require_usable(folder: Path) -> None:
    """Refuse a folder that no run can go to.

    Raises:
        PlanError: If it holds other things than a run, or a run that can go on; or an
            earlier run that would have to be moved aside, with this process in it.
    """
    _require_nothing_to_resume(folder)
    _require_run(folder)
    place = folder.resolve()
    if Path.cwd().is_relative_to(place) and not holds_nothing(folder):
        raise PlanError(
            f"{place} holds an earlier run, which would be moved aside with you in it. "
            "Change to another folder first, or pass another --out."
        )


def holds_nothing(folder: Path) -> bool:
    """Whether all in a folder is what a process leaves that was killed as it began."""
    place = folder / CHECKPOINT
    if place.is_symlink() or any(
        each != place and not is_part(each) for each in folder.iterdir()
    ):
        return False
    return not place.exists() or all(
        each.name in (LOCK, PHOTOS) or is_part(each) for each in place.iterdir()
    )


def is_run(folder: Path) -> bool:
    """Whether a folder holds what a run wrote: a model, or the beginning of one."""
    begun = folder / CHECKPOINT / BEGUN
    return begun.is_file() or (folder / "model.safetensors").is_file()


def is_unfinished(run: Path) -> bool:
    """Whether a folder holds a run that can go on."""
    is_whole = status_of(run) == "finished" and (run / "report.html").is_file()
    return (run / CHECKPOINT / BEGUN).is_file() and not is_whole


def status_of(run: Path) -> object:
    """The status in the summary of a run; None where it tells none."""
    return summary_in(run).get("status")


def is_running(run: Path) -> bool:
    """Whether a process works on the run in a folder."""
    return is_held(run / CHECKPOINT / LOCK)


def is_at_work(run: Path) -> bool:
    """The same, and no where that cannot be found out."""
    try:
        return is_running(run)
    except OSError:  # a folder of somebody else, or on a disk that is only read
        return False


def files_of_run(run: Path) -> list[Path]:
    """What a run writes into its folder, whether or not it is there yet."""
    return [run / name for name in sorted(_OURS)]


def run_folder(run: Path) -> Path:
    """The folder of a run, which may be named by its model in there."""
    is_model = run.name == "model.safetensors" and run.is_file()
    return run.parent if is_model else run


def free_name(wanted: Path, mark: str, first: int) -> Path:
    """``wanted``, or the first of its numbered neighbours that does not exist."""
    number, free = first, wanted
    while free.exists():
        free = wanted.with_name(f"{wanted.name}{mark}{number}")
        number += 1
    return free


def why_no_model(run: Path) -> str:
    """The rest of the sentence, and what to do."""
    if is_unfinished(run):
        if is_at_work(run):
            return (
                " yet: its run is still running. Ask again when its first epoch has "
                "ended."
            )
        go_on = f"unfreeze resume {shlex.quote(str(run))}"
        return f" yet: its run was stopped before its first one. Go on with it: {go_on}"
    if status_of(run) == "stopped":
        return ": its run was stopped before its first one. Train again."
    return (
        ". Expected a run folder of unfreeze train, with model.safetensors in it, or "
        "such a file."
    )


def _require_run(folder: Path) -> None:
    ours = {*_OURS, CHECKPOINT}
    strangers = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in ours and not is_part(entry)
    )
    if strangers:
        raise PlanError(
            f"{folder} holds other things than a run, for example {strangers[0]!r}. "
            "Pass --out with a folder that is new or holds an earlier run."
        )


def _require_nothing_to_resume(folder: Path) -> None:
    if is_running(folder):
        raise PlanError(f"A run in {folder} is still running. Pass another --out.")
    if not is_unfinished(folder):
        return
    raise PlanError(
        f"{folder} holds an unfinished run. Go on with it: unfreeze resume "
        f"{shlex.quote(str(folder))}; or remove that folder, or pass another --out."
    )


def _require_outside(out: Path, photos: Path) -> None:
    whole = out.resolve()
    if any(whole.is_relative_to(each.resolve()) for each in photo_folders(photos)):
        raise PlanError(
            f"The run folder {out} would lie among the class folders of {photos}. Pass "
            "--out with a folder elsewhere."
        )
