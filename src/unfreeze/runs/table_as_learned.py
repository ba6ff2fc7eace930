"""Read a table of labels as that was read which a model learned from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from unfreeze.data.label_table import WrittenTable, written_table
from unfreeze.data.table_columns import Titles, are_known_titles, as_titles
from unfreeze.data.tables import finds_photos
from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.runs.table_photos import (
    ReadTable,
    Table,
    read_table,
    separator_of,
    table_at,
)

__all__ = ["as_learned"]


def as_learned(
    root: Path, table: Table, settings: Mapping[str, object], *, is_multi: bool
) -> ReadTable:
    """Read a table, and what it leaves open as the one that a model learned from.

    Columns are those of the same titles, where it has them. Photos lie where they did,
    by names made in the same way, unless some are found only without. There are no
    titles where that was said, unless a column is named, or the first row holds titles
    that are known.

    Args:
        root: Where names start.
        table: Whatever it says stays.
        settings: Of the model.
        is_multi: Whether it takes a photo to carry several labels.

    Raises:
        DataError: If there is no such table, or it cannot be read.
    """
    written = written_table(table_at(root, table.csv))
    first = written.rows[0][1]
    table = replace(table, no_header=_lacks_titles(table, settings, first))
    table = _named_as_learned(root, table, settings, written)
    titles = () if table.no_header else first
    said = table.label_column
    taken = {table.file_column, *((said,) if isinstance(said, str) else said or ())}
    files = _known_title(settings.get("file_column"), titles, taken)
    groups = _known_title(settings.get("group_by"), titles, taken)
    labels = said or _known_labels(settings.get("label_column"), titles, taken, table)
    known = replace(
        table,
        file_column=table.file_column or files,
        label_column=labels,
        group_by=table.group_by or groups,
    )
    read = read_table(root, known, written, are_classes_known=True)
    separator = _separator(read, settings, is_multi)
    return replace(read, table=replace(known, label_separator=separator))


def _lacks_titles(
    table: Table, settings: Mapping[str, object], first: Sequence[str]
) -> bool:
    if table.no_header is not None:
        return table.no_header
    if table.file_column or table.label_column or are_known_titles(first):
        return False
    return settings.get("no_header") is True


def _named_as_learned(
    root: Path, table: Table, settings: Mapping[str, object], written: WrittenTable
) -> Table:
    """Say how names become paths: as in training, or else as photos are found."""
    ways = [
        replace(table, folder=folder, suffix=suffix)
        for folder in _said_or_learned(table.folder, settings.get("folder"))
        for suffix in _said_or_learned(table.suffix, settings.get("suffix"))
    ]
    return next(
        (way for way in ways if finds_photos(root, written, way.names)), ways[0]
    )


def _said_or_learned(said: str | None, learned: object) -> list[str]:
    """What was said; or what was learned, and nothing."""
    if said is not None:
        return [said]
    return [learned, ""] if isinstance(learned, str) and learned else [""]


def _known_title(
    learned: object, titles: Sequence[str], taken: Collection[str | None]
) -> str | None:
    """The title of a column that a model learned from, if it still means the same."""
    if isinstance(learned, str) and learned in titles and learned not in taken:
        return learned
    return None


def _known_labels(
    learned: object,
    titles: Sequence[str],
    taken: Collection[str | None],
    table: Table,
) -> Titles | None:
    """As ``_known_title``, of one column of labels or of one for each class.

    Raises:
        DataError: If only some classes have a column, since a photo may show others.
    """
    if not isinstance(learned, list | tuple):
        return _known_title(learned, titles, taken)
    known = [each for each in learned if _known_title(each, titles, taken)]
    lacking = [each for each in learned if each not in known]
    if known and lacking:
        raise DataError(
            f"{table.csv} has columns of 0 and 1 for {listed(known)}, and none for "
            f"{listed(lacking)}, which the model learned from, too. Add them; or, if "
            "no photo shows these, name the others, each with --label-column "
            "(label_column)."
        )
    return as_titles(known)


def _separator(
    read: ReadTable, settings: Mapping[str, object], is_multi: bool
) -> str | None:
    """What stands between labels: as is said, as was learned, or as the table looks."""
    said = read.table.label_separator
    was_one_each = isinstance(settings.get("label_column"), list | tuple)
    if said is None and not was_one_each and not read.found.columns.is_one_each:
        return _learned_separator(settings, is_multi)
    return separator_of(read.found, said)


def _learned_separator(settings: Mapping[str, object], is_multi: bool) -> str | None:
    """What stood between labels; None where each cell was one."""
    learned = settings.get("label_separator")
    if not isinstance(learned, str):
        learned = " "
    # Older runs say a blank of single labels, too, which may have blanks in them.
    return learned if is_multi or learned not in ("", " ") else None
