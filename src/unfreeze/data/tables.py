"""Labels from a CSV file whose first column names an image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float32, Int64

from unfreeze.data.csv_rows import csv_rows
from unfreeze.data.index import ImageIndex
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = ["index_table"]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    """Line of the CSV file, from 1, where the row ends."""

    stem: str
    label: str


def index_table(
    root: Path,
    csv_path: Path,
    *,
    folder: str,
    suffix: str = "",
    skip_header: bool = True,
    label_separator: str | None = " ",
) -> ImageIndex:
    """Read labels from a CSV file: image name first, label second, the rest unread.

    Rows keep the order of the file. Classes are the distinct labels, sorted.

    Args:
        root: Where names start.
        csv_path: UTF-8 text, separated by commas.
        folder: Holds the images; relative to ``root``, ``""`` for ``root`` itself.
        suffix: Added to each name of the first column, such as ``".jpg"``.
        skip_header: Whether the first row holds titles.
        label_separator: Stands between the labels of one image. When every image has
            exactly one label, the index is single-label, else each row is a row of
            0s and 1s. None takes each label whole, spaces included, so that the
            index is always single-label.

    Raises:
        DataError: If the file cannot be read, a row has no label, an image is named
            twice or does not exist, or a name leads out of ``folder``.
    """
    rows = list(_read_rows(csv_path))
    if skip_header and rows:
        _check_header(rows[0], root / folder, suffix, csv_path)
        rows = rows[1:]
    if not rows:
        raise DataError(
            f"{csv_path} has no rows. Expected an image name and a label in each."
        )
    names = [_name(folder, row, suffix, csv_path) for row in rows]
    _check_once(rows, names, csv_path)
    _check_present(root, names, csv_path)

    tags = _split_labels(rows, label_separator, csv_path)
    classes = tuple(sorted({tag for of_row in tags for tag in of_row}))
    sources = PackedPaths(root, PackedNames.from_names(names))
    return ImageIndex(root, classes, sources, _numbered(tags, classes))


def _read_rows(csv_path: Path) -> Iterator[_Row]:
    for line, cells in csv_rows(csv_path):
        yield _row(line, cells, csv_path)


def _row(line: int, cells: Sequence[str], csv_path: Path) -> _Row:
    if len(cells) < 2:
        raise DataError(
            f"Line {line} of {csv_path} has one column: {cells[0][:80]!r}. Expected an "
            "image name and a label, separated by a comma."
        )
    return _Row(line, cells[0].strip(), cells[1].strip())


def _check_header(first: _Row, folder: Path, suffix: str, csv_path: Path) -> None:
    """Refuse to lose an image to ``skip_header``."""
    if (folder / (first.stem + suffix)).is_file():
        raise DataError(
            f"The first row of {csv_path} names an image, {first.stem!r}, and no "
            "titles. Pass skip_header=False."
        )


def _check_once(rows: Sequence[_Row], names: Sequence[str], csv_path: Path) -> None:
    """Refuse an image that is named twice, in whatever way."""
    first: dict[str, _Row] = {}
    for row, name in zip(rows, names, strict=True):
        earlier = first.setdefault(name, row)
        if earlier is row:
            continue
        labels = (
            "with the same label"
            if earlier.label == row.label
            else f"as {earlier.label!r} and as {row.label!r}"
        )
        raise DataError(
            f"{csv_path} names {row.stem!r} twice, {labels}, in lines {earlier.line} "
            f"and {row.line}. Keep one of them."
        )


def _name(folder: str, row: _Row, suffix: str, csv_path: Path) -> str:
    path = PurePosixPath(folder, row.stem + suffix)
    if path.is_absolute() or ".." in path.parts or not row.stem:
        raise DataError(
            f"Line {row.line} of {csv_path} names the image {str(path)!r}. Expected a "
            "name relative to the root, without '..'."
        )
    return str(path)


def _check_present(root: Path, names: Sequence[str], csv_path: Path) -> None:
    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of the {len(names)} images that {csv_path} names are not "
            f"in {root}: {listed(missing, limit=5)}. Check folder and suffix."
        )


def _split_labels(
    rows: Sequence[_Row], separator: str | None, csv_path: Path
) -> list[list[str]]:
    if separator is None:
        tags = [[row.label] if row.label else [] for row in rows]
    else:
        tags = [
            [part.strip() for part in row.label.split(separator) if part.strip()]
            for row in rows
        ]
    # No label at all is an answer only where images have several.
    if not any(len(of_row) > 1 for of_row in tags):
        for row, of_row in zip(rows, tags, strict=True):
            if not of_row:
                raise DataError(
                    f"Line {row.line} of {csv_path} has no label for {row.stem!r}. "
                    "Add one, or remove the line."
                )
    return tags


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
