"""Where the photos of a folder lie: split already, or still to be split."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unfreeze.data.index import class_folders
from unfreeze.data.split_names import (
    is_like_a_split,
    is_training_name,
    is_validation_name,
    require_no_splits,
)
from unfreeze.data.walk import list_folder
from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.photo_names import is_photo_name

__all__ = [
    "SplitFolders",
    "class_in_path",
    "photo_folders",
    "split_folders",
    "split_prefixes",
    "validation_folder",
]


@dataclass(frozen=True, slots=True)
class SplitFolders:
    """The folder of each split, and what stands beside them."""

    roots: Mapping[str, Path]
    """By ``train`` and ``valid``, whatever the folders are called; or one folder that
    is still to be split, whose name is empty."""

    home: Path
    """Where training keeps its caches."""

    left_alone: tuple[str, ...] = ()
    """Further folders with photos or folders in them, which training does not read."""


def split_folders(folder: Path) -> SplitFolders:
    """Find the splits of a folder by the names that ``split_names`` knows.

    Args:
        folder: Holds ``train/`` and ``valid/``, or class folders alone, perhaps in
            ``train/``.

    Raises:
        DataError: If it holds two folders for one split, or splits among classes.
    """
    if not folder.is_dir():
        return SplitFolders({"": folder}, folder)
    names = class_folders(folder)
    if not _is_split(folder, names):
        require_no_splits(folder, names)
        _require_no_mixture(folder, names)
        return SplitFolders({"": folder}, folder)
    train = _only(folder, filter(is_training_name, names), "training")
    valids = list(filter(is_validation_name, names))
    if not valids:
        left = _left_alone(folder, names, [train])
        return SplitFolders({"": folder / train}, folder / train, left)
    valid = _only(folder, valids, "validation")
    return SplitFolders(
        {"train": folder / train, "valid": folder / valid},
        folder,
        _left_alone(folder, names, [train, valid]),
    )


def split_prefixes(folder: Path) -> Mapping[str, str]:
    """What paths of photos begin with, relative to ``folder``, by name of the split.

    Each is empty, or ends with a slash.
    """
    splits = split_folders(folder).roots
    return {
        name: "" if root == folder else f"{root.name}/" for name, root in splits.items()
    }


def class_in_path(file: str, prefixes: Iterable[str]) -> str | None:
    """The label that a folder gives to a file; None where it lies in none.

    Args:
        file: Relative to a data set, with forward slashes.
        prefixes: What paths of photos of each split begin with. A class may be called
            as a split is, so that no name alone tells which of them a folder is.

    Example:
        >>> class_in_path("train/train/1.jpg", ["train/", "valid/"])
        'train'
        >>> class_in_path("train/1.jpg", [""])
        'train'
    """
    for prefix in prefixes:
        if file.startswith(prefix):
            name, slash, _ = file.removeprefix(prefix).partition("/")
            return name if slash else None
    return None


def photo_folders(folder: Path) -> Sequence[Path]:
    """The folders among whose own ones any other would become a class."""
    names = class_folders(folder) if folder.is_dir() else []
    if not _is_split(folder, names):
        return [folder]
    return [
        folder / name
        for name in names
        if is_training_name(name) or is_validation_name(name)
    ]


def validation_folder(folder: Path, classes: Sequence[str]) -> Path:
    """The folder of the validation photos in ``folder``, or else itself.

    Args:
        folder: Holds ``valid/`` by any of its names, or labelled photos.
        classes: Those of a model: their folders are no splits.

    Raises:
        DataError: If it holds two folders of validation photos.
    """
    names = class_folders(folder) if folder.is_dir() else []
    known = set(classes)
    if any(name in known and not is_like_a_split(name) for name in names):
        return folder
    found = [name for name in names if is_validation_name(name) and name not in known]
    return folder / _only(folder, found, "validation") if found else folder


def _is_split(folder: Path, names: Sequence[str]) -> bool:
    """Whether the training folder is that of a split, and no class of trains."""
    trains = list(filter(is_training_name, names))
    if not trains or any(map(is_validation_name, names)):
        return bool(trains)
    is_alone = all(map(is_like_a_split, names))
    return is_alone or not all(_holds_photos_alone(folder / name) for name in trains)


def _only(folder: Path, names: Iterable[str], what: str) -> str:
    found = list(names)
    if len(found) > 1:
        raise DataError(
            f"{folder} holds {listed(found)}, each of them a name for {what} photos. "
            "Keep one of them, and rename or move the others."
        )
    return found[0]


def _require_no_mixture(folder: Path, names: Sequence[str]) -> None:
    """Refuse classes beside a split of the same classes, which would become one."""
    classes = {name for name in names if not is_like_a_split(name)}
    for name in names:
        shared = sorted(classes.intersection(class_folders(folder / name)))
        if is_like_a_split(name) and shared:
            raise DataError(
                f"{folder} holds the class folders {listed(shared)}, and {name}/ with "
                "folders of the same names. Move it elsewhere, or move the class "
                "folders to train/."
            )


def _left_alone(
    folder: Path, names: Sequence[str], taken: Sequence[str]
) -> tuple[str, ...]:
    others = (name for name in names if name not in taken)
    return tuple(name for name in others if _holds_some(folder / name))


def _holds_photos_alone(folder: Path) -> bool:
    """Whether photos lie in it as in a class, and no folders."""
    listing = list_folder(os.fsencode(folder))
    return bool(listing.images) and not listing.folders


def _holds_some(folder: Path) -> bool:
    """Whether there are photos or folders in it: models and tables are no matter."""
    with os.scandir(folder) as entries:
        return any(each.is_dir() or is_photo_name(each.name) for each in entries)
