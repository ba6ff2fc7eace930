"""Photos that a text file names, one on a line, or a table, in one of its columns."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from unfreeze.data.csv_cells import from_cell
from unfreeze.data.csv_rows import csv_rows
from unfreeze.data.paths import PackedNames
from unfreeze.data.table_columns import photo_column
from unfreeze.data.table_form import form_of
from unfreeze.data.wording import listed
from unfreeze.errors import DataError, PlanError
from unfreeze.photo_names import missing_suffix
from unfreeze.runs.photo_list import each_once, names_at

__all__ = [
    "STANDARD_INPUT",
    "Naming",
    "PhotoSources",
    "names_in_table",
    "names_on_lines",
]

STANDARD_INPUT = Path("-")
"""Stands for a list that another program writes."""

_TRIED = 100
"""Photos of which at least one has to exist; a list of a million with the wrong folder
would otherwise be a million errors."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How names in a list become paths, as ``train --csv`` takes them."""

    folder: Path = Path()
    """Where the photos lie."""

    suffix: str = ""
    """Added to each name, such as ``.jpg``."""

    def path(self, name: str) -> str:
        """Path of the photo that a list calls ``name``."""
        return str(self.folder / (name + self.suffix))


@dataclass(frozen=True, slots=True)
class PhotoSources:
    """All that a command was given to find photos by.

    Raises:
        PlanError: If that is nothing, or an option has nothing to go with.
    """

    paths: Sequence[Path] = ()
    """Files, folders and patterns."""

    lines: Path | None = None
    """A text with a photo on each line; ``-`` is standard input."""

    table: Path | None = None
    """A CSV file."""

    column: str | None = None
    """Title of the column that names photos; else the first that is called so."""

    naming: Naming = Naming()
    """How names in the text and in the table become paths."""

    def __post_init__(self) -> None:
        if not self.paths and not self.files:
            raise PlanError(
                "No photos are named. Pass files, folders or patterns as PATH, or a "
                "list with --list or --from-csv."
            )
        if self.column is not None and self.table is None:
            raise PlanError(
                f"--column {self.column} names a column, and there is no table. Pass "
                "--from-csv FILE with it."
            )
        if self.naming != Naming() and not self.files:
            raise PlanError(
                "--folder and --suffix say how names in a list become paths, and there "
                "is no list. Pass --list or --from-csv with them."
            )

    @property
    def files(self) -> list[Path]:
        """The lists that are read."""
        return [each for each in (self.lines, self.table) if each is not None]

    def photos(self) -> PackedNames:
        """Find photos: of the paths, then of the text, then of the table; each once.

        Raises:
            DataError: If there is nothing at one of the paths, or a list cannot be
                used.
        """
        parts = [names_at(path) for path in self.paths]
        if self.lines is not None:
            parts.append(names_on_lines(self.lines, self.naming))
        if self.table is not None:
            parts.append(names_in_table(self.table, self.column, self.naming))
        return each_once(chain.from_iterable(parts))


def names_on_lines(file: Path, naming: Naming) -> Iterator[str]:
    """Read a list of photos: one on each line; blank lines are passed over.

    Args:
        file: Text in UTF-8, with or without a byte order mark; ``-`` is standard
            input. Bytes that are no text are kept as file names keep them.
        naming: How lines become paths.

    Raises:
        DataError: If it cannot be read, or names nothing, or not one of the first
            hundred photos exists.
    """
    what = "standard input" if file == STANDARD_INPUT else str(file)
    lines = (naming.path(each) for each in _lines(file) if each.strip())
    yield from _some_there(lines, what)


def names_in_table(path: Path, column: str | None, naming: Naming) -> Iterator[str]:
    """Read photos from one column of a CSV file whose first row holds titles.

    Args:
        path: The table, in UTF-8 or UTF-16, in a form that ``form_of`` knows.
        column: Title of the column; unless given, that which ``photo_column`` finds.
        naming: How cells become paths; empty cells are passed over.

    Raises:
        DataError: If it cannot be read, has no such column, or names nothing, or not
            one of the first hundred photos exists.
    """
    form = form_of(path, odd_bytes="surrogateescape")
    rows = csv_rows(path, form=form, odd_bytes="surrogateescape")
    _, titles = next(rows, (1, []))
    place = _place(titles, column, path)
    cells = (from_cell(each[place]) for _, each in rows if place < len(each))
    names = (naming.path(each.strip()) for each in cells if each.strip())
    yield from _some_there(names, str(path), "; or --column with another title")


def _place(titles: Sequence[str], column: str | None, path: Path) -> int:
    found = [each.strip() for each in titles]
    if column is not None:
        if column not in found:
            raise DataError(
                f"{path} has no column {column!r} in its first row, which holds "
                f"{listed(found)}. Pass one of them as --column."
            )
        return found.index(column)
    place = photo_column(found)
    if place is not None:
        return place
    raise DataError(
        f"{path} has no column that is called file, path, image or id in its first "
        f"row, which holds {listed(found)}. Pass --column with the title of the one "
        "that names photos."
    )


def _lines(file: Path) -> Iterator[str]:
    if file == STANDARD_INPUT:
        yield from _texts(sys.stdin.buffer)
        return
    try:
        with file.open("rb") as stream:
            yield from _texts(stream)
    except OSError as error:
        raise DataError(
            f"The list {file} cannot be read: {error.strerror}. Check the path."
        ) from error


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines):
        text = line.rstrip(b"\r\n").decode(errors="surrogateescape")
        yield text.removeprefix("\ufeff") if number == 0 else text


def _some_there(names: Iterator[str], what: str, or_else: str = "") -> Iterator[str]:
    """Refuse a list that is read in the wrong way, before anything is asked about."""
    first = list(islice(names, _TRIED))
    if not first:
        raise DataError(f"There are no photos in {what}. Expected one on each row.")
    if not any(map(_is_there, first)):
        suffix = missing_suffix(first[0], _is_there)
        advice = f"There is one with {suffix} behind it: pass --suffix {suffix}."
        if suffix is None:
            advice = (
                "Pass --folder with where they lie, and --suffix with what is missing "
                f"behind their names{or_else}."
            )
        raise DataError(
            f"None of the first {len(first)} photos in {what} exists: the first is "
            f"taken for {first[0]}. {advice}"
        )
    yield from first
    yield from names


def _is_there(name: str) -> bool:
    return "\0" not in name and os.access(name, os.F_OK)
