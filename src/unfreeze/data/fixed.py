"""Apply a person's decisions to screened photos."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from unfreeze.data.fixes import Fix
from unfreeze.data.index import ImageIndex
from unfreeze.data.screen import Screening
from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.words import counted

__all__ = ["FixCounts", "FixSummary", "apply_fixes", "require_known"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FixCounts:
    """What fixes changed."""

    dropped: int = 0
    relabelled: int = 0
    kept: int = 0
    """Photos that were looked at and left as they are."""

    def __add__(self, other: "FixCounts") -> "FixCounts":
        return FixCounts(
            dropped=self.dropped + other.dropped,
            relabelled=self.relabelled + other.relabelled,
            kept=self.kept + other.kept,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FixSummary:
    """What fixes changed, and what they brought."""

    file: str
    """Where they were read."""

    dropped: int
    relabelled: int
    kept: int
    accuracy_before: float | None
    """Share of the validation photos, as they are after the fixes, that are told right
    after learning from the training photos as they were. None where photos have several
    labels."""

    accuracy_after: float | None
    """The same, after learning from the training photos with the fixes."""

    compared: str
    """What the two accuracies are those of."""


def require_known(
    fixes: Mapping[str, Fix],
    splits: Sequence[Screening],
    folder: Path,
    fixes_path: Path,
) -> None:
    """Refuse fixes of files that are not there, and labels that no photo has.

    Raises:
        DataError: Naming the first line that does not fit.
    """
    files: set[str] = set()
    for split in splits:
        start = _start(split.index, folder)
        files.update(start + name for name in split.index.names)
        left_out = (*split.skipped, *split.index.ignored)
        files.update(start + each.file for each in left_out)
    classes = splits[0].index.classes
    for fix in fixes.values():
        if fix.file not in files and not _is_ignored(fix.file, splits, folder):
            raise DataError(
                f"Line {fix.line} of {fixes_path} names {fix.file!r}, which is not "
                f"among the {counted(len(files), 'file')} of {folder}. Expected a "
                f"path relative to it, such as {min(files)!r}."
            )
        if fix.action == "relabel" and fix.label not in classes:
            raise DataError(
                f"Line {fix.line} of {fixes_path} has the label {fix.label!r}. "
                f"Expected one of the classes {listed(classes)}."
            )


def apply_fixes(
    split: Screening, fixes: Mapping[str, Fix], folder: Path
) -> tuple[Screening, FixCounts]:
    """Leave out the dropped photos of a split, and give others their right labels.

    Files are not touched.

    Args:
        split: Photos with one label each, where a fix relabels any.
        fixes: By file, relative to ``folder``.
        folder: The data set.

    Raises:
        DataError: If a fix relabels a photo of several labels.
    """
    index = split.index
    start = _start(index, folder)
    found = [
        (row, fixes[start + name])
        for row, name in enumerate(index.names)
        if start + name in fixes
    ]
    is_kept = np.ones(len(index), dtype=bool)
    labels = None if index.labels is None else index.labels.copy()
    counts = FixCounts()
    for row, fix in found:
        match fix.action:
            case "keep":
                counts += FixCounts(kept=1)
            case "drop":
                is_kept[row] = False
                counts += FixCounts(dropped=1)
            case "relabel":
                if labels is None or labels.ndim == 2:
                    raise DataError(
                        f"Line {fix.line} of the fixes gives {fix.file!r} one label, "
                        "but photos here may have several. Correct it in their table."
                    )
                labels[row] = index.classes.index(fix.label)
                counts += FixCounts(relabelled=1)
    dropped = {
        each.file
        for each in split.skipped
        if start + each.file in fixes and fixes[start + each.file].action == "drop"
    }
    counts += FixCounts(dropped=len(dropped))
    relabelled = replace(
        split,
        index=replace(index, labels=labels),
        skipped=tuple(each for each in split.skipped if each.file not in dropped),
    )
    return relabelled.take(np.flatnonzero(is_kept)), counts


def _is_ignored(file: str, splits: Sequence[Screening], folder: Path) -> bool:
    """Whether it can be one of the ignored files that an index only counts."""
    indexes = [split.index for split in splits]
    starts = [
        _start(index, folder)
        for index in indexes
        if index.num_ignored > len(index.ignored)
    ]
    is_below = ".." not in PurePosixPath(file).parts and any(
        map(file.startswith, starts)
    )
    return is_below and (folder / file).is_file()


def _start(index: ImageIndex, folder: Path) -> str:
    """What comes before the name of an image in its path below ``folder``."""
    way = Path(os.path.relpath(index.root, folder)).as_posix()
    return "" if way == "." else f"{way}/"
