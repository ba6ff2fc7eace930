"""Photos whose labels stand in a table, as a run and an evaluation read them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unfreeze.data.index import ImageIndex
from unfreeze.data.label_separators import guessed_separator
from unfreeze.data.label_table import LabelTable, WrittenTable, written_table
from unfreeze.data.table_columns import Choice, Titles, as_titles, cell_at
from unfreeze.data.tables import PhotoNames, index_table, open_table
from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = [
    "ReadTable",
    "Table",
    "as_decided",
    "index_known_table",
    "read_table",
    "separator_of",
    "table_at",
]


@dataclass(frozen=True, slots=True)
class Table:
    """Where labels stand, and how it names photos."""

    csv: str
    """In the folder of the photos, or a path of its own."""

    folder: str | None = None
    """Of the photos, below the folder that is given; itself if empty, and None as the
    model learned them, or where nothing is learned yet, itself."""

    suffix: str | None = None
    """Added to each name, such as ``.jpg``; None likewise, or nothing."""

    label_separator: str | None = None
    """Between several labels of a photo; empty where each cell is one label, and None
    as the model learned them, or where nothing is learned yet, as the table looks."""

    file_column: str | None = None
    """Title of the column that names photos; None chooses by titles."""

    label_column: Titles | None = None
    """Title of the column with labels, or of one of 0 and 1 for each class; None
    chooses by titles."""

    no_header: bool | None = None
    """Whether the first row is one of photos, whatever it looks like; else it is, if it
    names one. None as the model learned it."""

    group_by: str | None = None
    """Perhaps the title of a column with groups, which holds no labels then."""

    @property
    def names(self) -> PhotoNames:
        """How names become paths."""
        return PhotoNames(self.folder or "", self.suffix or "")

    @property
    def choice(self) -> Choice:
        """What is said about its columns."""
        return Choice(
            False if self.no_header else None,
            self.file_column,
            self.label_column,
            self.group_by,
        )


@dataclass(frozen=True, slots=True, eq=False)
class ReadTable:
    """A table, read once."""

    table: Table
    """How it was read, as far as that is decided."""

    found: LabelTable
    """What stands there."""


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


def read_table(
    root: Path, table: Table, written: WrittenTable, *, are_classes_known: bool = False
) -> ReadTable:
    """Find photos and labels in a table as it is said to be read.

    Args:
        root: Where names start.
        table: How it is read.
        written: What stands there.
        are_classes_known: Whether a model knows them, so that any numbers will do.

    Raises:
        DataError: If it cannot be read so.
    """
    choice = replace(table.choice, are_classes_known=are_classes_known)
    return ReadTable(table, open_table(root, written, table.names, choice))


def as_decided(root: Path, table: Table) -> ReadTable:
    """Read a table, and decide what is left open: columns, what is between labels.

    Args:
        root: Where names start.
        table: Which, and how.

    Raises:
        DataError: If there is no such table, or it cannot be told.
    """
    found = read_table(root, table, written_table(table_at(root, table.csv))).found
    decided = replace(
        table,
        label_separator=separator_of(found, table.label_separator),
        file_column=_title(found, found.columns.photos),
        label_column=_label_titles(found),
    )
    return ReadTable(decided, found)


def separator_of(found: LabelTable, said: str | None) -> str:
    """What stands between the labels of a photo; empty where each cell is one.

    Args:
        found: The table.
        said: What is said of it; None looks.

    Raises:
        DataError: If it cannot be told, or something is said and each class has a
            column.
    """
    if found.columns.is_one_each:
        if said:
            raise DataError(
                f"{found.path} has a column of 0 and 1 for each class, and "
                f"--label-separator {said!r} says what stands between labels in a "
                "cell. Leave it out, or name one column with --label-column."
            )
        return ""
    if said is not None:
        return said
    return guessed_separator(row.label for row in found.rows)


def _label_titles(found: LabelTable) -> Titles | None:
    titles = [_title(found, place) for place in found.columns.labels]
    return as_titles([title for title in titles if title is not None])


def _title(found: LabelTable, place: int) -> str | None:
    """The title of a column, if it leads there: none may, and two may be the same."""
    titles = found.columns.titles or ()
    title = cell_at(titles, place)
    return title if title and titles.index(title) == place else None


def index_known_table(
    root: Path,
    read: ReadTable,
    classes: Sequence[str],
    *,
    is_multi: bool,
) -> ImageIndex:
    """Number labels for a model that is there already, matched by name.

    Args:
        root: Where names start.
        read: The table. Unless it says what is between labels, that is a blank, or
            nothing where the model gives one label.
        classes: Those of the model, in its order.
        is_multi: Whether the model takes a photo to carry several labels. Then a row
            may have one label or none, too.

    Raises:
        DataError: If it names a label that the model does not
            know, or several for a photo where the model gives one.
    """
    csv_path, separator = read.found.path, read.table.label_separator
    if separator is None:
        separator = " " if is_multi else ""
    index = index_table(
        root,
        read.found,
        read.table.names,
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
