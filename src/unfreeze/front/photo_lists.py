"""Which photos are on which side, before any of them is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unfreeze.data.groups import Grouping, as_grouping, pattern_names
from unfreeze.data.index import ImageIndex, index_flat_folder, index_folder
from unfreeze.data.splits import get_cv_idxs
from unfreeze.data.tables import TableIndex
from unfreeze.errors import DataError, PlanError

__all__ = [
    "Sides",
    "existing",
    "flat_test",
    "groups_in_table",
    "require_rows_once",
    "sides_in_folders",
    "sides_of_rows",
]


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Photos to learn from, to measure with, and perhaps to answer about."""

    train: ImageIndex
    valid: ImageIndex
    test: ImageIndex | None = None
    grouping: Grouping | None = None
    """Groups that were looked for, and are on both sides."""


def sides_in_folders(
    root: Path,
    names: tuple[str, str, str | None],
    *,
    test_with_labels: bool = False,
    group_by: str | None = None,
) -> Sides:
    """Read folders with a folder per class in each.

    Args:
        root: Holds them.
        names: Of the folders: training, validation, test.
        test_with_labels: Whether the test folder has class folders, too.
        group_by: A regular expression that finds the group of a photo in its path
            below ``root``.

    Raises:
        DataError: If a folder is missing, empty, or has a class that training lacks.
        PlanError: If no file has a group.
    """
    trn_name, val_name, test_name = names
    train = index_folder(existing(root, trn_name))
    valid = index_folder(existing(root, val_name), train.classes)
    test = None
    if test_name is not None:
        read = index_folder if test_with_labels else index_flat_folder
        test = read(existing(root, test_name), train.classes)
    if group_by is None:
        return Sides(train, valid, test)
    files = [f"{trn_name}/{name}" for name in train.names]
    files += [f"{val_name}/{name}" for name in valid.names]
    groups = pattern_names(files, group_by)
    grouping = as_grouping(group_by, groups[: len(train)], groups[len(train) :])
    return Sides(train, valid, test, grouping)


def sides_of_rows(
    whole: ImageIndex,
    val_idxs: Sequence[int] | np.ndarray | None,
    test: ImageIndex | None,
) -> Sides:
    """Hold out the rows of an index that are chosen, or the lesson's.

    Args:
        whole: Photos with labels.
        val_idxs: Rows from 0; ``get_cv_idxs`` of all rows unless given.
        test: Other photos, which stay as they are.

    Raises:
        PlanError: If there is no such row, or a side would be empty.
    """
    chosen = get_cv_idxs(len(whole)) if val_idxs is None else val_idxs
    rows = np.asarray(chosen, dtype=np.int64)
    if rows.size and not (rows.min() >= 0 and rows.max() < len(whole)):
        raise PlanError(
            f"val_idxs go from {rows.min()} to {rows.max()}, and there are "
            f"{len(whole)} photos. Pass row numbers from 0 to {len(whole) - 1}."
        )
    is_held_out = np.zeros(len(whole), dtype=bool)
    is_held_out[rows] = True
    trn_rows, val_rows = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
    if not (len(trn_rows) and len(val_rows)):
        raise PlanError(
            f"val_idxs hold out {len(val_rows)} of {len(whole)} photos. Leave some on "
            "both sides."
        )
    return Sides(whole.take(trn_rows), whole.take(val_rows), test)


def existing(root: Path, name: str) -> Path:
    """The folder of one side.

    Raises:
        DataError: If it is missing, naming the folders that are there.
    """
    if not root.is_dir():
        raise DataError(f"There is no folder {root}. Check the path.")
    if not (root / name).is_dir():
        found = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
        raise DataError(
            f"There is no folder {name!r} in {root}; its folders are {found[:8]}. "
            "Expected train/ and valid/ with a folder per class in each; for others, "
            "pass trn_name and val_name. For class folders alone, call "
            "ImageClassifierData.from_folder."
        )
    return root / name


def flat_test(root: Path, name: str | None, whole: ImageIndex) -> ImageIndex | None:
    """Photos without labels in a folder below ``root``; None without a name."""
    if name is None:
        return None
    return index_flat_folder(existing(root, name), whole.classes)


def groups_in_table(found: TableIndex, group_by: str) -> dict[str, str | None]:
    """The group of each photo of a table: its cell in a column, or part of its path.

    Args:
        found: The photos, and the table that names them.
        group_by: The title of a column, or a regular expression.

    Raises:
        DataError: If rows of one photo name several groups.
        PlanError: If no photo has a group.
    """
    titled = found.groups(group_by)
    if titled is not None:
        return titled
    names = found.index.names
    return dict(zip(names, pattern_names(names, group_by), strict=True))


def require_rows_once(
    found: TableIndex, val_idxs: Sequence[int] | np.ndarray | None
) -> None:
    """Refuse numbers of rows where some rows are left out, and others move up.

    Raises:
        PlanError: If a row is repeated, and ``val_idxs`` are given.
    """
    if val_idxs is not None and found.num_repeated:
        raise PlanError(
            f"val_idxs number the rows of {found.table.path}, and {found.num_repeated} "
            "of them repeat an earlier one, so that a photo could be on both sides. "
            "Remove those rows."
        )
