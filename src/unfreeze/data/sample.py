"""A small copy of a data set, to try things out on in seconds."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unfreeze.atomic import folder_written_whole
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.errors import DataError, PlanError
from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = ["make_sample"]


def make_sample(
    root: str | Path,
    per_class: int,
    seed: int,
    *,
    splits: Sequence[str] = ("train", "valid"),
) -> Path:
    """Copy a few images of every class to ``root/sample/``, in the same layout.

    Args:
        root: Holds the splits, each with one folder per class.
        per_class: Images to copy of each class and split; all where there are fewer.
        seed: Same seed, same images. 0 or more.
        splits: Folders in ``root`` to copy from.

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
    with folder_written_whole(target) as folder:
        classes = None
        for split in splits:
            index = index_folder(whole / split, classes)
            _copy_some(index, folder / split, per_class, seed)
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
