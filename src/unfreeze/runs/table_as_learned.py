"""Read a table of labels as that was read which a model learned from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from unfreeze.data.label_table import written_table
from unfreeze.runs.table_photos import ReadTable, Table, read_table, table_at

__all__ = ["as_learned"]


def as_learned(
    root: Path, table: Table, settings: Mapping[str, object], *, is_multi: bool
) -> ReadTable:
    """Read a table, and what it leaves open as the one that a model learned from.

    Columns are those of the same titles, where it has them.

    Args:
        root: Where names start.
        table: Whatever it says stays.
        settings: Of the model.
        is_multi: Whether it takes a photo to carry several labels.

    Raises:
        DataError: If there is no such table, or it cannot be read.
    """
    written = written_table(table_at(root, table.csv))
    titles = () if table.no_header else written.rows[0][1]
    taken = {table.file_column, table.label_column}
    files = _known_title(settings.get("file_column"), titles, taken)
    labels = _known_title(settings.get("label_column"), titles, taken)
    groups = _known_title(settings.get("group_by"), titles, taken)
    separator = table.label_separator
    if separator is None:
        separator = _learned_separator(settings, is_multi)
    known = replace(
        table,
        label_separator=separator,
        file_column=table.file_column or files,
        label_column=table.label_column or labels,
        group_by=table.group_by or groups,
    )
    return read_table(root, known, written)


def _known_title(
    learned: object, titles: Sequence[str], taken: Collection[str | None]
) -> str | None:
    """The title of a column that a model learned from, if it still means the same."""
    if isinstance(learned, str) and learned in titles and learned not in taken:
        return learned
    return None


def _learned_separator(settings: Mapping[str, object], is_multi: bool) -> str | None:
    """What stood between labels; None where each cell was one."""
    learned = settings.get("label_separator")
    if not isinstance(learned, str):
        learned = " "
    # Older runs say a blank of single labels, too, which may have blanks in them.
    return learned if is_multi or learned not in ("", " ") else None
