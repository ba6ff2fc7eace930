"""An index of the photos that a table names, with the labels that stand there."""

import os.path
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from unfreeze.data.index import ImageIndex
from unfreeze.data.label_table import (
    LabelTable,
    TableRow,
    WrittenTable,
    label_table,
)
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.table_columns import Choice
from unfreeze.data.table_paths import joined, one_spelling
from unfreeze.data.table_problems import require_below, require_sound
from unfreeze.errors import DataError, PlanError

__all__ = [
    "PhotoNames",
    "TableIndex",
    "finds_photos",
    "index_table",
    "labels_of",
    "open_table",
]


@dataclass(frozen=True, slots=True)
class PhotoNames:
    """How names in a table become paths below the root."""

    folder: str = ""
    """Holds the photos; relative to the root, itself if empty."""

    suffix: str = ""
    """Added to each name, such as ``.jpg``."""

    def path(self, name: str) -> str:
        """Path below the root of the photo that a table calls ``name``.

        Two ways to write a name, such as ``a.jpg`` and ``./a.jpg``, are one path.
        """
        return joined(self.folder, name + self.suffix)


@dataclass(frozen=True, slots=True, eq=False)
class TableIndex:
    """Each photo of a table once, in the order of their first rows."""

    index: ImageIndex
    table: LabelTable
    names: tuple[str, ...]
    """Path of the photo of each row of the table, below the root."""

    @property
    def num_repeated(self) -> int:
        """Rows that say again what an earlier one says."""
        return len(self.names) - len(self.index)

    def groups(self, title: str) -> dict[str, str | None] | None:
        """The group of each photo, by its path; None where no column has that title.

        Raises:
            DataError: If rows of one photo name several groups.
            PlanError: If no row names one.
        """
        cells = self.table.column(title)
        if cells is None:
            return None
        path = self.table.path
        if not any(cells):
            raise PlanError(
                f"The column {title!r} of {path} is blank in all {len(cells)} rows. "
                "Expected the name of a group in some."
            )
        found: dict[str, str | None] = {}
        for name, cell in zip(self.names, cells, strict=True):
            group = cell or None
            if found.setdefault(name, group) != group:
                raise DataError(
                    f"{path} names {name!r} more than once, and {title!r} is "
                    f"{found[name]!r} and {group!r} there. Keep one of these rows."
                )
        return found


_LOOKED_AT = 20
"""Rows of which one has to name a photo, for names to be read in the right way."""


def finds_photos(root: Path, written: WrittenTable, naming: PhotoNames) -> bool:
    """Whether any cell of the first rows names a photo that exists.

    Args:
        root: Where names start.
        written: What stands in the table.
        naming: How names become paths.
    """
    return any(
        cell and _is_photo(root, naming, cell)
        for _, cells in written.rows[:_LOOKED_AT]
        for cell in cells
    )


def _is_photo(root: Path, naming: PhotoNames, name: str) -> bool:
    return os.path.isfile(root / naming.path(name))  # noqa: PTH113  # takes any name


def open_table(
    root: Path, written: WrittenTable, naming: PhotoNames, choice: Choice
) -> LabelTable:
    """Find photos and labels in a table, and look at photos where nobody said how.

    Args:
        root: Where names start.
        written: What stands in the table.
        naming: How names become paths.
        choice: Which columns are read.

    Raises:
        DataError: As ``label_table``, and if photos are not below ``root``.
    """
    require_below(naming.folder)
    return label_table(
        written,
        choice,
        lambda name: _is_photo(root, naming, name),
    )


def index_table(
    root: Path,
    table: LabelTable,
    naming: PhotoNames,
    *,
    label_separator: str | None = " ",
    may_lack_labels: bool | None = None,
) -> TableIndex:
    """Number the photos and labels of a table.

    Photos keep the order of the file; a row that is repeated counts once. Classes are
    the distinct labels, sorted.

    Args:
        root: Where names start.
        table: As ``open_table`` finds it.
        naming: How names become paths, as there.
        label_separator: Stands between the labels of one image. When every image has
            exactly one label, the index is single-label, else each row is a row of
            0s and 1s. None takes each label whole, spaces included, so that the
            index is always single-label.
        may_lack_labels: Whether an image without any is an answer, also where none has
            several; unless given, it is where each class has a column.

    Raises:
        DataError: If a row has no label where images have one each, an image has
            different labels or does not exist, or a name leads out of the folder.
    """
    names = one_spelling(naming.path(row.photo) for row in table.rows)
    tags = [labels_of(row, label_separator) for row in table.rows]
    if may_lack_labels is None:
        may_lack_labels = table.columns.is_one_each
    # No label at all is an answer only where images have several.
    may_lack_labels |= any(len(of_row) > 1 for of_row in tags)
    require_sound(root, table, names, tags, may_lack_labels=may_lack_labels)

    labels: dict[str, list[str]] = {}
    for name, of_row in zip(names, tags, strict=True):
        labels.setdefault(name, of_row)
    tags = list(labels.values())
    classes = tuple(sorted({tag for of_row in tags for tag in of_row}))
    sources = PackedPaths(root, PackedNames.from_names(labels))
    index = ImageIndex(root, classes, sources, _numbered(tags, classes))
    return TableIndex(index, table, names)


def labels_of(row: TableRow, separator: str | None) -> list[str]:
    """Labels of a row: in a cell, which ``separator`` parts; None takes the cell whole.

    Where each class has a column, they stand there, and nothing parts them.
    """
    if row.tags is not None:
        return list(row.tags)
    parts = [row.label] if separator is None else row.label.split(separator)
    return [part.strip() for part in parts if part.strip()]


def _numbered(
    tags: Sequence[Sequence[str]], classes: Sequence[str]
) -> Int64[np.ndarray, " N"] | Float32[np.ndarray, "N K"]:
    number = {name: label for label, name in enumerate(classes)}
    if all(len(of_row) == 1 for of_row in tags):
        return np.array([number[of_row[0]] for of_row in tags], dtype=np.int64)
    hot = np.zeros((len(tags), len(classes)), dtype=np.float32)
    for row, of_row in enumerate(tags):
        hot[row, [number[tag] for tag in of_row]] = 1
    return hot
