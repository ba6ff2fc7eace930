"""Smaller copies of photos, which later epochs read in their place."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unfreeze.data.index import ImageIndex
from unfreeze.data.resize import resize_images
from unfreeze.data.screen import Screening
from unfreeze.front.opening import opened
from unfreeze.records import Skipped
from unfreeze.training.callbacks.bar import Bar

__all__ = ["Copies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Where copies of one size go, and how they are made."""

    root: Path
    """Of the data set, where verdicts on photos are kept."""

    home: Path
    """Of the copies of every split."""

    short_side: int
    """In pixels."""

    num_workers: int

    def of_split(self, name: str, split: Screening) -> Screening:
        """Write those that are missing, and hand on the split with them in its place.

        Args:
            name: Of the split.
            split: Its photos. Those that cannot be read any more are skipped.
        """
        folder = self.home / _folder_name(name, split.index.root)
        with Bar("resizing photos") as bar:
            failed = resize_images(
                split.index,
                folder,
                self.short_side,
                num_workers=self.num_workers,
                on_progress=bar.show,
            )
        small = _without(split.index, failed).moved(folder / str(self.short_side))
        found = opened(self.root, small, self.num_workers)
        return replace(found, skipped=(*split.skipped, *failed, *found.skipped))


def _folder_name(split: str, root: Path) -> str:
    """Name the folder for smaller copies of the photos below ``root``.

    Photos of two folders may have equal names and times, so each has its own.
    """
    place = os.fsencode(root.resolve())
    return f"{split}_{hashlib.blake2b(place, digest_size=8).hexdigest()}"


def _without(index: ImageIndex, failed: Sequence[Skipped]) -> ImageIndex:
    if not failed:
        return index
    names = {each.file for each in failed}
    kept = [row for row in range(len(index)) if index.name(row) not in names]
    return index.take(np.array(kept, dtype=np.int64))
