"""Where tables may go: never in the place of a photo, a list, a model or other tables.

A table of ours is told by its titles, written as we write them: one that another
program has saved since holds somebody's work. A submission has the titles that a
competition asks for, as its lists of labels do, so that it takes no file's place.
"""

import csv
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from unfreeze.bundle import golden_file
from unfreeze.errors import PlanError
from unfreeze.photo_names import is_photo_name
from unfreeze.runs.answers import are_titles_of_answers
from unfreeze.runs.growing_table import MOST_NAME
from unfreeze.runs.output_places import file_place, require_own

__all__ = ["require_places", "submission_place", "table_place"]

_Mark: TypeAlias = tuple[int, int] | str

_MOST_READ = 2**22
"""Bytes of a file that are searched for titles."""


def table_place(file: Path, are_titles: Callable[[Sequence[str]], bool]) -> Path:
    """Where a table goes: a new name, or that of one that we wrote.

    Args:
        file: Its name; of a link to a file, that takes it, and the link stays.
        are_titles: Whether a table with these titles is one of the kind.

    Raises:
        PlanError: If a table cannot stand there: the folder is missing, the name is too
            long, that of a photo or of a file of a run, or something else has it.
    """
    place = _nameable(file)
    require_own(place, "table", lambda found: are_titles(_titles_of(found)))
    return place


def submission_place(file: Path) -> Path:
    """Where a submission goes: a new name.

    Raises:
        PlanError: As ``table_place``; and if there is a file with something in it.
    """
    place = _nameable(file)
    if place.exists() and place.stat().st_size:
        raise PlanError(
            f"{file} is there already, and nothing would tell a submission from "
            "somebody's labels. Pass another name, or remove it first."
        )
    return place


def require_places(
    answers: Path | None, submission: Path | None, inputs: Sequence[Path], run: Path
) -> tuple[Path | None, Path | None]:
    """Refuse names that tables of answers cannot have, before anything is read.

    Args:
        answers: A table that will be written, if any.
        submission: Another one.
        inputs: Lists that will be read.
        run: A run folder, or a model file.

    Returns:
        Where both go, as ``table_place`` and ``submission_place`` have it.

    Raises:
        PlanError: If a table has no place, or that of another file.
    """
    taken = {_mark(each) for each in inputs}
    # What is in a run folder, ``file_place`` knows.
    model = () if run.is_dir() else (run, golden_file(run))
    models = {_mark(each) for each in model}
    for each in (answers, submission):
        if each is None:
            continue
        if _mark(each) in models:
            raise PlanError(
                f"{each} belongs to the model {run}, and would be written over. Pass "
                "another name."
            )
        if _mark(each) in taken:
            raise PlanError(
                f"{each} is named twice: it would be written over. Pass another name."
            )
        taken.add(_mark(each))
    return (
        None if answers is None else table_place(answers, are_titles_of_answers),
        None if submission is None else submission_place(submission),
    )


def _nameable(file: Path) -> Path:
    """Where a file goes whose name a table can have."""
    place = file_place(file)
    for each in (file, place):
        if is_photo_name(each.name):
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


def _titles_of(file: Path) -> Sequence[str]:
    """Titles of a table, if they stand there as we write them; else none."""
    with file.open("rb") as stream:
        text = stream.read(_MOST_READ).decode(errors="surrogateescape")
    try:
        titles = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error:
        return []
    ours = io.StringIO(newline="")
    csv.writer(ours).writerow(titles)
    return titles if text.startswith(ours.getvalue()) else []


def _mark(file: Path) -> _Mark:
    """The same for the same file, by whatever name; of a missing one, its name."""
    try:
        found = file.stat()
    except OSError:
        return os.path.realpath(file)
    return found.st_dev, found.st_ino
