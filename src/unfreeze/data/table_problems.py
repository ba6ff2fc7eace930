"""What keeps a table of labels from being used, said all at once."""

import os.path
from collections.abc import Iterator, Sequence
from pathlib import Path

from unfreeze.data.label_table import LabelTable
from unfreeze.data.table_paths import leads_out
from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.photo_names import missing_suffix

__all__ = ["require_below", "require_sound"]

_SHOWN = 5
"""Photos of a problem that are named."""


def require_below(folder: str) -> None:
    """Refuse a folder of photos that does not lie below the root.

    Raises:
        DataError: If it leads elsewhere, so that every photo in it would, too.
    """
    if leads_out(folder):
        raise DataError(
            f"The photos of the table are said to be in {folder!r}. --folder must lie "
            "below DATA, without '..' (folder='train'); or pass the folder of the "
            "photos itself as DATA, and no --folder."
        )


def require_sound(
    root: Path,
    table: LabelTable,
    names: Sequence[str],
    tags: Sequence[Sequence[str]],
    *,
    may_lack_labels: bool,
) -> None:
    """Refuse a table that names photos in the wrong way, or not their labels.

    Args:
        root: Where names start.
        table: The table.
        names: Path of the photo of each row, below ``root``.
        tags: Labels of each row.
        may_lack_labels: Whether a photo without any is an answer.

    Raises:
        DataError: If there are problems, naming the first photos of each.
    """
    problems = [
        *_leading_elsewhere(table, names),
        *([] if may_lack_labels else _without_label(table, tags)),
        *_contradicting(table, names, tags),
        *_missing(root, table, names),
    ]
    if problems:
        raise DataError(f"{table.path} cannot be used: {' '.join(problems)}")


def _leading_elsewhere(table: LabelTable, names: Sequence[str]) -> Iterator[str]:
    found = [
        (row.line, row.photo)
        for row, name in zip(table.rows, names, strict=True)
        if not row.photo or leads_out(name)
    ]
    if found:
        yield (
            f"{_rows(len(found))} {_do(len(found), 'names', 'name')} an image such as "
            f"{found[0][1]!r} ({_lines(found)}). Expected names relative to the root, "
            "without '..'."
        )


def _without_label(table: LabelTable, tags: Sequence[Sequence[str]]) -> Iterator[str]:
    found = [
        (row.line, row.photo)
        for row, of_row in zip(table.rows, tags, strict=True)
        if not of_row
    ]
    if found:
        photos = listed([photo for _, photo in found], limit=_SHOWN)
        yield (
            f"{_rows(len(found))} {_do(len(found), 'has', 'have')} no label for "
            f"{photos} ({_lines(found)}). Add labels, or remove these lines."
        )


def _contradicting(
    table: LabelTable, names: Sequence[str], tags: Sequence[Sequence[str]]
) -> Iterator[str]:
    first: dict[str, int] = {}
    found = []
    for place, name in enumerate(names):
        earlier = first.setdefault(name, place)
        if set(tags[earlier]) != set(tags[place]):
            one, other = table.rows[earlier], table.rows[place]
            found.append(
                f"{other.photo!r} as {one.label!r} in line {one.line} and as "
                f"{other.label!r} in line {other.line}"
            )
    if found:
        rest = len(found) - _SHOWN
        more = f", and {rest} more" if rest > 0 else ""
        yield (
            f"{len(found)} {_do(len(found), 'image has', 'images have')} different "
            f"labels: {', '.join(found[:_SHOWN])}{more}. Keep one row of each."
        )


def _missing(root: Path, table: LabelTable, names: Sequence[str]) -> Iterator[str]:
    distinct = list(dict.fromkeys(names))
    missing = [
        name for name in distinct if not leads_out(name) and not _is_there(root, name)
    ]
    if missing:
        is_none_there = missing == distinct
        advice = _with_slashes(root, missing[0]) or _advice(
            root, missing[0], table, is_none_there=is_none_there
        )
        yield (
            f"{len(missing)} of the {len(distinct)} images are not in {root}: "
            f"{listed(missing, limit=_SHOWN)}. {advice}"
        )


def _with_slashes(root: Path, name: str) -> str:
    """Say so if a name is that of a photo as Windows writes it; else nothing."""
    turned = name.replace("\\", "/")
    if turned == name or leads_out(turned) or not _is_there(root, turned):
        return ""
    return "With '/' instead of '\\' the first is there: write names so in the table."


def _advice(root: Path, missing: str, table: LabelTable, *, is_none_there: bool) -> str:
    """Say what to do, and where no photo is there what may be wrong with all."""
    if not is_none_there:
        return "The others are there: add these files, or remove their rows."
    suffix = missing_suffix(missing, lambda name: _is_there(root, name))
    if suffix is None:
        return f"Check folder and suffix{_or_column(table)}."
    return (
        f"With {suffix} behind it the first is there: pass --suffix {suffix} "
        f"({suffix=})."
    )


def _or_column(table: LabelTable) -> str:
    titles = table.columns.titles
    if titles is None:
        return ""
    return (
        f"; or, if photos are not named in the column {titles[table.columns.photos]!r},"
        " pass the title of theirs: --file-column TITLE (file_column='...')"
    )


def _is_there(root: Path, name: str) -> bool:
    return os.path.isfile(root / name)  # noqa: PTH113  # takes any name


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _do(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def _lines(found: Sequence[tuple[int, str]]) -> str:
    shown = ", ".join(str(line) for line, _ in found[:_SHOWN])
    more = ", ..." if len(found) > _SHOWN else ""
    return f"{_do(len(found), 'line', 'lines')} {shown}{more}"
