"""Where tables of answers may go: never in the place of a photo, a list or a model."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from unfreeze.bundle import golden_file
from unfreeze.data.walk import is_image_name
from unfreeze.errors import PlanError
from unfreeze.runs.growing_table import MOST_NAME
from unfreeze.runs.output_places import file_place

__all__ = ["require_no_photos", "require_places", "table_place"]

_Mark: TypeAlias = tuple[int, int] | str

_TABLES = (".csv", ".tsv", ".txt")
"""Endings of files whose place a table may take."""


def table_place(file: Path) -> Path:
    """Where a table goes: of a link to a file, what it points to, and the link stays.

    Raises:
        PlanError: If a table cannot stand there: the folder is missing, the name is too
            long, that of a photo or of a file of a run, or something else than a table
            has it.
    """
    place = file_place(file)
    if place.exists() and place.suffix.lower() not in _TABLES:
        raise PlanError(
            f"{file} is there already, and no table by its name. Pass a name that ends "
            "in .csv."
        )
    for each in (file, place):
        if is_image_name(each.name):
            raise PlanError(
                f"{each} has the ending of a photo, and a table is none. Pass a name "
                "that ends in .csv."
            )
        if len(os.fsencode(each.name)) > MOST_NAME:
            raise PlanError(
                f"The name {each.name[:20]}... has more than {MOST_NAME} bytes, which "
                "leaves no room for the hidden file that grows beside it. Pass a "
                "shorter name."
            )
    return place


def require_places(
    outputs: Sequence[Path | None], inputs: Sequence[Path], run: Path
) -> list[Path | None]:
    """Refuse names that tables cannot have, before anything is read.

    Args:
        outputs: Tables that will be written, if any.
        inputs: Lists that will be read.
        run: A run folder, or a model file.

    Returns:
        Where the tables go, as ``table_place`` has it.

    Raises:
        PlanError: If a table has no place, or that of another file.
    """
    taken = {_mark(each) for each in inputs}
    # What is in a run folder, ``table_place`` knows.
    model = () if run.is_dir() else (run, golden_file(run))
    models = {_mark(each) for each in model}
    places: list[Path | None] = []
    for each in outputs:
        if each is None:
            places.append(None)
            continue
        if _mark(each) in models:
            raise PlanError(
                f"{each} belongs to the model {run}, and would be written over. Pass "
                "another name."
            )
        places.append(table_place(each))
        if _mark(each) in taken:
            raise PlanError(
                f"{each} is named twice: it would be written over. Pass another name."
            )
        taken.add(_mark(each))
    return places


def require_no_photos(outputs: Sequence[Path | None], photos: Iterable[str]) -> None:
    """Refuse tables in the place of photos that are asked about.

    Photos are looked at only if a file stands where a table will.

    Raises:
        PlanError: If a table would take the place of a photo.
    """
    there = {
        _mark(each): each for each in outputs if each is not None and each.exists()
    }
    if not there:
        return
    for name in photos:
        table = there.get(_mark(name))
        if table is not None:
            raise PlanError(
                f"{table} is one of the photos, and would be written over. Pass "
                "another name, such as answers.csv."
            )


def _mark(file: str | Path) -> _Mark:
    """The same for the same file, by whatever name; of a missing one, its name."""
    try:
        found = os.stat(file)  # noqa: PTH116  # names need not become paths
    except OSError:
        return os.path.realpath(file)
    return found.st_dev, found.st_ino
