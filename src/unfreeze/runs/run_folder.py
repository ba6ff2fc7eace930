"""Where a run goes, without anything lost that was there."""

import glob
import json
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unfreeze.atomic import is_part, remove_parts
from unfreeze.errors import DataError, PlanError, UnfreezeError
from unfreeze.runs.locks import is_held

__all__ = [
    "BEGUN",
    "CHECKPOINT",
    "LOCK",
    "SERVED",
    "files_of_run",
    "fresh_run_folder",
    "is_run",
    "is_unfinished",
    "model_file",
    "planned_run_folder",
    "run_folder",
    "unfinished_beside",
]

CHECKPOINT = "checkpoint"
"""Folder in a run folder with what an unfinished run needs to go on."""

BEGUN = "begun.json"
"""In it: how the run was begun. Without that there is nothing to go on from."""

LOCK = "lock"
"""In it: held by the process that works on the run."""

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
        PlanError: If the chosen folder holds other things than a run, or a run that
            can go on; or lies where its name would be taken for a class of photos.
    """
    wanted = chosen or Path("runs") / (name or photos.resolve().name)
    for place in (wanted, *wanted.parents):
        if place.is_file():
            raise PlanError(f"{place} is a file. Pass --out with a folder.")
    _require_outside(wanted, photos)
    if chosen is None:
        return _free(wanted, "-", first=2)
    if chosen.exists():
        _require_nothing_to_resume(chosen)
        _require_run(chosen)
    return chosen


@contextmanager
def fresh_run_folder(out: Path) -> Iterator[None]:
    """Make ``out`` an empty folder for a run.

    What a run left that cannot go on is cleared; a finished one is moved aside, to
    ``<out>.1`` and so on. A run that is refused before it has saved a model leaves no
    trace: its folder is removed and the finished one is moved back.

    Raises:
        PlanError: If ``out`` holds other things than a run, or a run that can go on.
    """
    aside = None
    if out.exists():
        _require_nothing_to_resume(out)
        _require_run(out)
        if _is_finished(out):
            aside = out.rename(_free(out, ".", first=1))
    _clear(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
        raise PlanError(
            f"{out} cannot be made as a folder ({error.strerror}). Pass another --out."
        ) from error
    try:
        yield
    except UnfreezeError:
        if not (out / "model.safetensors").exists():
            _clear(out)
            out.rmdir()
            if aside is not None:
                aside.rename(out)
        raise


def is_run(folder: Path) -> bool:
    """Whether a folder holds what a run wrote: a model, or the beginning of one."""
    begun = folder / CHECKPOINT / BEGUN
    return begun.is_file() or (folder / "model.safetensors").is_file()


def is_unfinished(run: Path) -> bool:
    """Whether a folder holds a run that can go on."""
    is_whole = _is_finished(run) and (run / "report.html").is_file()
    return (run / CHECKPOINT / BEGUN).is_file() and not is_whole


def is_running(run: Path) -> bool:
    """Whether a process works on the run in a folder."""
    return is_held(run / CHECKPOINT / LOCK)


def unfinished_beside(planned: Path, photos: Path) -> Path | None:
    """The latest unfinished run of these photos, where a new one gets a number."""
    first = Path("runs") / photos.resolve().name
    if planned == first:
        return None
    places = [first, *first.parent.glob(f"{glob.escape(first.name)}-*")]
    found = [
        each
        for each in places
        if each != planned and is_unfinished(each) and not is_running(each)
    ]
    return max(found, key=lambda each: each.stat().st_mtime, default=None)


def files_of_run(run: Path) -> list[Path]:
    """What a run writes into its folder, whether or not it is there yet."""
    return [run / name for name in sorted(_OURS)]


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


def run_folder(run: Path) -> Path:
    """The folder of a run, which may be named by its model in there."""
    is_model = run.name == "model.safetensors" and run.is_file()
    return run.parent if is_model else run


def _clear(folder: Path) -> None:
    for name in _OURS:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    if folder.is_dir():
        remove_parts(folder)


def _free(wanted: Path, mark: str, first: int) -> Path:
    """``wanted``, or the first of its numbered neighbours that does not exist."""
    number, free = first, wanted
    while free.exists():
        free = wanted.with_name(f"{wanted.name}{mark}{number}")
        number += 1
    return free


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
    has_splits = (photos / "train").is_dir()
    read = [photos / "train", photos / "valid"] if has_splits else [photos]
    if any(out.resolve().is_relative_to(folder.resolve()) for folder in read):
        raise PlanError(
            f"The run folder {out} would lie among the class folders of {photos}. Pass "
            "--out with a folder elsewhere."
        )


def _is_finished(folder: Path) -> bool:
    try:
        summary = json.loads((folder / "summary.json").read_text())
    except (OSError, ValueError):
        return False
    return bool(summary.get("status") == "finished")
