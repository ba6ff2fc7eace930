"""An empty folder for a run, without anything lost that was there."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unfreeze.atomic import remove_parts
from unfreeze.errors import PlanError, UnfreezeError
from unfreeze.runs.run_folder import (
    CHECKPOINT,
    files_of_run,
    free_name,
    holds_nothing,
    require_usable,
)

__all__ = ["fresh_run_folder"]


@contextmanager
def fresh_run_folder(out: Path, write: Callable[[str], object]) -> Iterator[None]:
    """Make ``out`` an empty folder for a run.

    What is in it by now, whole or not, is moved aside, to ``<out>.1`` and so on; only
    a run that was killed as it began, with nothing done, leaves nothing to keep. Where
    ``out`` is a link, that happens to the folder behind it.

    A run that is refused before it has saved a model leaves no trace: what it wrote is
    removed, and what was moved aside is moved back.

    Args:
        out: Made where it is missing.
        write: Told what is moved where.

    Raises:
        PlanError: If ``out`` cannot be used: see ``require_usable``.
    """
    is_new = not out.exists()
    if not is_new:
        require_usable(out)
    _make(out, out)
    place = out.resolve()
    aside = None if holds_nothing(place) else _moved_aside(place, out)
    if aside is not None:
        write(f"note: what was in {out} is kept in {_as_named(aside, out)}")
    _clear(place)
    try:
        yield
    except UnfreezeError:
        if not (place / "model.safetensors").exists():
            _clear(place)
            if is_new or aside is not None:
                with suppress(OSError):  # somebody else may have put something there
                    place.rmdir()
            if aside is not None:
                _move_back(aside, place, out, write)
        raise


def _make(folder: Path, out: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
        raise PlanError(
            f"{out} cannot be made as a folder ({error.strerror}). Pass another --out."
        ) from error


def _moved_aside(place: Path, out: Path) -> Path:
    try:
        aside = place.rename(free_name(place, ".", first=1))
    except OSError as error:  # such as the root of a mounted disk
        raise PlanError(
            f"{out} holds an earlier run, and cannot be moved aside "
            f"({error.strerror}). Pass another --out."
        ) from error
    _make(place, out)
    return aside


def _move_back(
    aside: Path, place: Path, out: Path, write: Callable[[str], object]
) -> None:
    with suppress(OSError):  # it stays where it is said to be
        aside.rename(place)
        write(f"note: it is in {out} again")


def _as_named(aside: Path, out: Path) -> Path:
    return aside if out.is_absolute() else Path(os.path.relpath(aside))


def _clear(folder: Path) -> None:
    for file in files_of_run(folder):
        file.unlink(missing_ok=True)
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    remove_parts(folder)
