"""``fixes.csv``: what a person decided about single photos.

Columns: file (relative to the data set, with forward slashes), action (keep, relabel or
drop), label (the right class, for relabel). Cells are written as ``csv_cells`` says,
so that spreadsheets take none for a formula and no name is lost.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn, get_args

from unfreeze.data.csv_cells import from_cell
from unfreeze.data.csv_rows import csv_rows
from unfreeze.data.table_form import form_of
from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = ["COLUMNS", "Action", "Fix", "read_fixes"]

Action = Literal["keep", "relabel", "drop"]

COLUMNS = ("file", "action", "label")


@dataclass(frozen=True, slots=True)
class Fix:
    """One decision."""

    file: str
    """Path relative to the data set, with forward slashes."""

    action: Action
    label: str = ""
    """Name of the right class, for relabel; else empty."""

    line: int = 0
    """Where it stands in its file, from 1."""


def read_fixes(path: Path) -> dict[str, Fix]:
    """Read decisions by file.

    Args:
        path: As we write it, or as a spreadsheet program does since, with the three
            titles in its first row, in any order. Other columns are not read.

    Raises:
        DataError: If the file cannot be read, lacks a column, or has a line with
            another action, without a file or label, or about a file named before.
    """
    form = form_of(path, odd_bytes="surrogateescape", is_ours=True)
    rows = csv_rows(path, form=form, odd_bytes="surrogateescape")
    _, titles = next(rows, (1, []))
    places = [_place(title, titles, path) for title in COLUMNS]
    fixes: dict[str, Fix] = {}
    for line, cells in rows:
        found = [from_cell(cells[at]) if at < len(cells) else "" for at in places]
        fix = _checked(found, line, path)
        earlier = fixes.setdefault(fix.file, fix)
        if earlier is not fix:
            _refuse(
                path,
                line,
                f"names {fix.file!r} again, after line {earlier.line}. Keep one of "
                "them.",
            )
    return fixes


def _place(title: str, titles: list[str], path: Path) -> int:
    found = [cell.strip() for cell in titles]
    if title not in found:
        raise DataError(
            f"{path} has no column {title!r} in its first row, which holds "
            f"{listed(found)}. Expected the titles file, action and label."
        )
    return found.index(title)


def _checked(cells: list[str], line: int, path: Path) -> Fix:
    file, action, label = cells
    if not file:
        _refuse(path, line, "names no file. Write its path relative to the data set.")
    match action.strip():
        case "keep" | "drop" as found:
            if label:
                _refuse(
                    path,
                    line,
                    f"says {found} and has the label {label!r}. Leave that cell "
                    "empty, or write relabel.",
                )
        case "relabel" as found:
            if not label:
                _refuse(path, line, f"has no label for {file!r}. Name its class.")
        case other:
            known = ", ".join(get_args(Action))
            _refuse(path, line, f"has the action {other!r}. Expected one of {known}.")
    return Fix(file, found, label, line)


def _refuse(path: Path, line: int, what: str) -> NoReturn:
    raise DataError(f"Line {line} of {path} {what}")
