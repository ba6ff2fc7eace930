"""A small copy of a data set, to try things out on in seconds."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unfreeze.atomic import folder_written_whole, tag_as_cache
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.split_folders import split_folders
from unfreeze.errors import DataError, PlanError
from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = ["make_sample"]


def make_sample(
    root: str | Path,
    per_class: int,
    seed: int,
    *,
    splits: Sequence[str] | None = None,
) -> Path:
    """Copy a few images of every class to ``root/sample/``, in the same layout.

    Args:
        root: Holds the splits, each with one folder per class, or class folders alone.
            Among those the sample is marked as a cache, so that it becomes no class.
        per_class: Images to copy of each class and split; all where there are fewer.
        seed: Same seed, same images. 0 or more.
        splits: Folders in ``root`` to copy from; those that training reads unless
            given.

    Returns:
        The folder of the sample. It appears only when it is complete.

    Raises:
        DataError: If the sample exists already, or a split has no images.
        PlanError: If ``per_class`` is below 1.
    """
    if per_class < 1:
        raise PlanError(f"per_class must be 1 or more, got {per_class}.")
    whole = Path(root)
    target = whole / "sample"
    if target.exists():
        raise DataError(f"{target} exists already. Remove it to draw another sample.")
    if splits is None:
        sources = list(split_folders(whole).roots.values())
    else:
        sources = [whole / split for split in splits]
    with folder_written_whole(target) as folder:
        if whole in sources:
            tag_as_cache(folder)
        classes = None
        for source in sources:
            index = index_folder(source, classes)
            _copy_some(index, folder / source.relative_to(whole), per_class, seed)
            classes = index.classes
    return target


def _copy_some(index: ImageIndex, folder: Path, per_class: int, seed: int) -> None:
    for label in range(len(index.classes)):
        of_class = np.flatnonzero(index.labels == label)
        rng = rng_for(seed, Purpose.SPLIT, row=label)
        for row in rng.permutation(of_class)[:per_class].tolist():
            target = folder / index.name(row)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(index.root / index.name(row), target)
