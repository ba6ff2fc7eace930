"""Photos whose labels stand in a table, as a run and an evaluation read them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unfreeze.data.csv_cells import from_cell
from unfreeze.data.csv_rows import csv_rows
from unfreeze.data.index import ImageIndex
from unfreeze.data.label_separators import guessed_separator
from unfreeze.data.label_table import LabelTable
from unfreeze.data.table_columns import Choice, cell_at
from unfreeze.data.table_form import form_of
from unfreeze.data.tables import PhotoNames, index_table, open_table
from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = [
    "Table",
    "as_decided",
    "as_learned",
    "index_known_table",
    "separator_of",
    "table_at",
    "table_in",
]


@dataclass(frozen=True, slots=True)
class Table:
    """Where labels stand, and how it names photos."""

    csv: str
    """In the folder of the photos, or a path of its own."""

    folder: str = ""
    """Of the photos, below the folder that is given; itself if empty."""

    suffix: str = ""
    """Added to each name, such as ``.jpg``."""

    label_separator: str | None = None
    """Between several labels of a photo; empty where each cell is one label, and None
    as the model learned them, or where nothing is learned yet, as the table looks."""

    file_column: str | None = None
    """Title of the column that names photos; None chooses by titles."""

    label_column: str | None = None
    """Title of the column with labels; None chooses by titles."""

    no_header: bool = False
    """Whether the first row is one of photos; else it is, if it names one."""

    group_by: str | None = None
    """Perhaps the title of a column with groups, which holds no labels then."""

    @property
    def names(self) -> PhotoNames:
        """How names become paths."""
        return PhotoNames(self.folder, self.suffix)

    @property
    def choice(self) -> Choice:
        """What is said about its columns."""
        return Choice(
            False if self.no_header else None,
            self.file_column,
            self.label_column,
            self.group_by,
        )


def table_at(root: Path, name: str | Path) -> Path:
    """Find a table in the folder of the photos, or at the path as it is given.

    Raises:
        DataError: If it is in neither place.
    """
    for path in (root / name, Path(name)):
        if path.is_file():
            return path
    raise DataError(
        f"There is no table {name}, neither in {root} nor as a path of its own. "
        "Expected a CSV file with a photo and its label or labels in each row."
    )


def table_in(root: Path, table: Table) -> LabelTable:
    """Read a table as it stands.

    Args:
        root: Where names start.
        table: Which, and how.

    Raises:
        DataError: If there is none, or it cannot be read.
    """
    csv_path = table_at(root, table.csv)
    return open_table(root, csv_path, table.names, table.choice)


def separator_of(found: LabelTable, table: Table) -> str:
    """What stands between the labels of a photo; empty where each cell is one.

    Args:
        found: The table, as it was read.
        table: What is said of it.

    Raises:
        DataError: If it cannot be told.
    """
    if table.label_separator is not None:
        return table.label_separator
    return guessed_separator(row.label for row in found.rows)


def as_decided(root: Path, table: Table) -> Table:
    """Say of a table what it leaves open: its columns, and what is between labels.

    Raises:
        DataError: If there is no such table, or it cannot be told.
    """
    found = table_in(root, table)
    return replace(
        table,
        label_separator=separator_of(found, table),
        file_column=_title(found, found.columns.photos),
        label_column=_title(found, found.columns.labels),
    )


def _title(found: LabelTable, place: int) -> str | None:
    """The title of a column, if it leads there: none may, and two may be the same."""
    titles = found.columns.titles or ()
    title = cell_at(titles, place)
    return title if title and titles.index(title) == place else None


def as_learned(
    root: Path, table: Table, settings: Mapping[str, object], *, is_multi: bool
) -> Table:
    """Say of a table what it leaves open as of the one that a model learned from.

    Columns are those of the same titles, where it has them.

    Args:
        root: Where names start.
        table: Whatever it says stays.
        settings: Of the model.
        is_multi: Whether it takes a photo to carry several labels.

    Raises:
        DataError: If there is no such table, or it cannot be read.
    """
    titles = [] if table.no_header else _first_cells(table_at(root, table.csv))
    taken = {table.file_column, table.label_column}
    files = _known_title(settings.get("file_column"), titles, taken)
    labels = _known_title(settings.get("label_column"), titles, taken)
    groups = _known_title(settings.get("group_by"), titles, taken)
    separator = table.label_separator
    if separator is None:
        separator = _learned_separator(settings, is_multi)
    return replace(
        table,
        label_separator=separator,
        file_column=table.file_column or files,
        label_column=table.label_column or labels,
        group_by=table.group_by or groups,
    )


def _first_cells(path: Path) -> list[str]:
    first = next(csv_rows(path, form=form_of(path)), None)
    return [] if first is None else [from_cell(cell.strip()) for cell in first[1]]


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


def index_known_table(
    root: Path,
    table: Table,
    classes: Sequence[str],
    *,
    is_multi: bool,
) -> ImageIndex:
    """Read a table for a model that is there already; labels are matched by name.

    Args:
        root: Where names start.
        table: Where labels stand. Unless it says what is between them, that is a
            blank, or nothing where the model gives one label.
        classes: Those of the model, in its order.
        is_multi: Whether the model takes a photo to carry several labels. Then a row
            may have one label or none, too.

    Raises:
        DataError: If there is no such table, it names a label that the model does not
            know, or several for a photo where the model gives one.
    """
    csv_path = table_at(root, table.csv)
    separator = table.label_separator
    if separator is None:
        separator = " " if is_multi else ""
    index = index_table(
        root,
        csv_path,
        table.names,
        table.choice,
        label_separator=separator or None,
        may_lack_labels=is_multi,
    ).index
    unknown = sorted(set(index.classes) - set(classes))
    if unknown:
        raise DataError(
            f"{csv_path} names the labels {listed(unknown)}, which are not among the "
            f"classes {listed(classes)}. Rename or remove them."
        )
    if index.is_multi and not is_multi:
        raise DataError(
            f"{csv_path} gives photos several labels, and this model knows one for "
            "each. Keep one label in each row."
        )
    places = [list(classes).index(name) for name in index.classes]
    place = np.array(places, dtype=np.int64)  # also of no label at all
    labels = np.asarray(index.labels)
    if not is_multi:
        return replace(index, classes=tuple(classes), labels=place[labels])
    hot = np.zeros((len(index), len(classes)), dtype=np.float32)
    if index.is_multi:
        hot[:, place] = labels
    else:
        hot[np.arange(len(index)), place[labels]] = 1
    return replace(index, classes=tuple(classes), labels=hot)
