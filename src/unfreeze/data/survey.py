"""Everything known of the photos of a data set before any model has seen them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Int64, Shaped, UInt8

from unfreeze.data.arrays import as_labels
from unfreeze.data.index import ImageIndex, class_folders, index_folder
from unfreeze.data.paths import PackedNames, PackedPaths
from unfreeze.data.screen import Screening
from unfreeze.data.walk import Ignored, walk_images
from unfreeze.errors import DataError
from unfreeze.records import Skipped

__all__ = ["Split", "Survey", "index_for_survey"]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A part of a data set: its photos, and the folders that name their classes."""

    name: str
    """What it is for: ``train``, ``valid``, or empty where nothing is split yet."""

    screening: Screening

    folders: tuple[str, ...]
    """Class folders, those without photos included."""


@dataclass(frozen=True, eq=False)  # without slots, for what is computed once
class Survey:
    """The readable photos of all splits, one row each, and what else lies there."""

    root: Path
    classes: tuple[str, ...]
    """Of all splits; a label is a position in this tuple, where each photo has one."""

    splits: tuple[Split, ...]
    """Training first."""

    has_table: bool = False
    """Whether classes are named in a table, rather than by folders."""

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Path of every row relative to ``root``, with forward slashes."""
        return tuple(
            f"{self.prefix(split)}{name}"
            for split in self.splits
            for name in split.screening.index.names
        )

    @property
    def is_multi(self) -> bool:
        """Whether photos carry several labels each."""
        return any(each.screening.index.is_multi for each in self.splits)

    @cached_property
    def labels(self) -> Int64[np.ndarray, " N"]:
        """Class number of every row; of several labels, the number of their set."""
        labels = [as_labels(each.screening.index.labels) for each in self.splits]
        found = np.concatenate(labels).astype(np.int64)
        if found.ndim == 1:
            return found
        sets = np.packbits(found > 0, axis=1)
        return np.unique(sets, axis=0, return_inverse=True)[1].reshape(-1)

    @cached_property
    def split_of(self) -> Int64[np.ndarray, " N"]:
        """Position in ``splits`` of every row."""
        counts = [len(each.screening.index) for each in self.splits]
        return np.repeat(np.arange(len(counts)), counts)

    @cached_property
    def digests(self) -> UInt8[np.ndarray, "N 16"]:
        """Hash of the content of every row's file."""
        return np.concatenate([each.screening.digests for each in self.splits])

    @cached_property
    def looks(self) -> Shaped[np.ndarray, " N"]:
        """How every row looks, as ``LOOK`` describes it."""
        return np.concatenate([each.screening.looks for each in self.splits])

    @property
    def unreadable(self) -> tuple[Skipped, ...]:
        """Images that cannot be read, by path relative to ``root``."""
        return self._renamed([each.screening.skipped for each in self.splits])

    @property
    def ignored(self) -> tuple[Skipped, ...]:
        """Files that are no images, or of no class: the first thousand of each split.

        Photos of kinds that cannot be read, such as HEIC, are among them.
        """
        return self._renamed(
            [
                index.ignored if is_first else ()
                for index, is_first in self._indexes_of_folders()
            ]
        )

    @property
    def num_unreadable(self) -> int:
        """Photos that are damaged, or of kinds that cannot be read."""
        unread = (
            index.num_unread for index, first in self._indexes_of_folders() if first
        )
        return len(self.unreadable) + sum(unread)

    @property
    def num_others(self) -> int:
        """Files that are no photos, or that lie outside the class folders."""
        return sum(
            index.num_ignored - index.num_unread
            for index, is_first in self._indexes_of_folders()
            if is_first
        )

    @property
    def num_files(self) -> int:
        """Photos, readable or not."""
        return len(self.split_of) + self.num_unreadable

    def source(self, row: int) -> Path:
        """File of one row."""
        return self.root / self.files[row]

    def counts(self, split: int | None = None) -> Int64[np.ndarray, " K"]:
        """Readable photos of each class, of all splits or one."""
        labels = self.labels if split is None else self.labels[self.split_of == split]
        return np.bincount(labels, minlength=len(self.classes))

    def prefix(self, split: Split) -> str:
        """Where a split lies below ``root``: empty, or ending with a slash."""
        folder = Path(os.path.relpath(split.screening.index.root, self.root)).as_posix()
        return "" if folder == "." else f"{folder}/"

    def _indexes_of_folders(self) -> Iterator[tuple[ImageIndex, bool]]:
        """Every split's photos, and whether they are the first of their folder.

        Splits that were drawn from one folder share what else lies in it.
        """
        known: set[Path] = set()
        for each in self.splits:
            index = each.screening.index
            yield index, index.root not in known
            known.add(index.root)

    def _renamed(self, parts: Sequence[tuple[Skipped, ...]]) -> tuple[Skipped, ...]:
        return tuple(
            Skipped(f"{self.prefix(split)}{each.file}", each.reason)
            for split, part in zip(self.splits, parts, strict=True)
            for each in part
        )


def index_for_survey(
    roots: Sequence[Path],
) -> tuple[tuple[str, ...], tuple[ImageIndex, ...]]:
    """List the photos of each split by the classes of all of them.

    Where training would refuse an empty class, or a class that is not in every split,
    this goes on.

    Args:
        roots: Folder of each split, with class folders in it.

    Returns:
        All classes, sorted; the photos of each split, perhaps none.

    Raises:
        DataError: If there are no photos in any of them.
    """
    for root in roots:
        if not root.is_dir():
            index_folder(root)  # says what is wrong
    classes = tuple(sorted({name for root in roots for name in class_folders(root)}))
    found: list[ImageIndex] = []
    refusals: list[DataError] = []
    for root in roots:
        try:
            found.append(index_folder(root, classes))
        except DataError as error:
            refusals.append(error)
            found.append(_empty_index(root, classes))
    if len(refusals) == len(roots):
        raise refusals[0]
    return classes, tuple(found)


def _empty_index(root: Path, classes: tuple[str, ...]) -> ImageIndex:
    ignored = Ignored()
    for _ in walk_images(root, [b""], ignored):
        pass  # only for what is no photo, or one that cannot be read
    return ImageIndex(
        root,
        classes,
        PackedPaths(root, PackedNames.from_names(())),
        np.empty(0, dtype=np.int64),
        ignored=tuple(ignored.named),
        num_ignored=ignored.count,
        num_unread=ignored.num_unread,
    )
