"""How photos are read, and which of them can be: each is opened once beforehand."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from unfreeze.cores import loading_threads
from unfreeze.data.index import ImageIndex
from unfreeze.data.learnable import require_learnable
from unfreeze.data.nearby_tables import advice_on_tables
from unfreeze.data.screen import Screening, screen
from unfreeze.errors import DataError, PlanError
from unfreeze.front.transforms import TrainTransform, ValidTransform
from unfreeze.places import made, ours_beside
from unfreeze.training.callbacks.bar import Bar

__all__ = [
    "Reading",
    "TransformPair",
    "as_reading",
    "opened",
    "opened_to_learn",
    "require_classes",
]

TransformPair: TypeAlias = tuple[TrainTransform | None, ValidTransform | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What photos become on their way to a model, and how many at a time."""

    bs: int
    tfms: tuple[TrainTransform, ValidTransform]
    num_workers: int


def as_reading(bs: int, tfms: TransformPair, num_workers: int | None) -> Reading:
    """Check what a person asks for, and choose the threads where that is not said.

    Args:
        bs: Photos in a batch.
        tfms: What ``tfms_from_model`` returns.
        num_workers: Loading threads, 0 for none; as many as there are cores to use,
            8 at most, unless given.

    Raises:
        PlanError: If there are no transforms, or a number is out of range.
    """
    trn_tfm, val_tfm = tfms
    if trn_tfm is None or val_tfm is None:
        raise PlanError(
            "The photos need to be brought to one size. Pass "
            "tfms=tfms_from_model(arch, sz), for example "
            "tfms=tfms_from_model(resnet34, 224)."
        )
    workers = loading_threads(num_workers)
    if bs < 1:
        raise PlanError(f"bs is the number of photos in a batch, got {bs}.")
    if workers < 0:
        raise PlanError(
            f"num_workers is the number of loading threads, 0 for none, got {workers}."
        )
    return Reading(bs=bs, tfms=(trn_tfm, val_tfm), num_workers=workers)


def require_classes(root: Path, index: ImageIndex, *, in_folders: bool = False) -> None:
    """Refuse photos with nothing to tell apart.

    Args:
        root: Of the photos.
        index: Of them.
        in_folders: Whether classes are folders, and a table may have been meant.

    Raises:
        DataError: If there are fewer than two classes, and one for each photo; or none.
    """
    if not index.classes:
        raise DataError(
            f"None of the photos in {root} has a label. A classifier needs photos that "
            "show what it is to learn."
        )
    if len(index.classes) < 2 and not index.is_multi:
        raise DataError(
            f"Found {len(index.classes)} class {list(index.classes)} in {root}. "
            "A classifier needs photos of 2 classes or more."
            f"{advice_on_tables(root) if in_folders else ''}"
        )


def opened(root: Path, index: ImageIndex, num_workers: int) -> Screening:
    """Open every photo once, and leave out those that cannot be read.

    Verdicts on files are kept in ``tmp/`` below ``root`` for the next time.
    """
    ledger = None
    if not isinstance(index.sources, np.ndarray):
        ledger = made(ours_beside(root, "tmp")) / "screened"
    with Bar("checking photos") as bar:
        return screen(index, ledger, num_workers=num_workers, on_progress=bar.show)


def opened_to_learn(root: Path, index: ImageIndex, num_workers: int) -> Screening:
    """Do the same, and refuse to lose a class by it.

    Raises:
        DataError: If no photo of a class can be read.
    """
    readable = opened(root, index, num_workers)
    require_learnable(index, readable)
    return readable
