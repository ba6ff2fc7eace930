"""Where the photos of a folder lie: split already, or still to be split."""

from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["class_in_path", "split_folders", "split_prefixes"]


def split_folders(folder: Path) -> tuple[Mapping[str, Path], Path]:
    """The folder of each split, by its name, and where training keeps its caches.

    Args:
        folder: Holds ``train/`` and ``valid/``, or class folders alone, perhaps in
            ``train/``; their one split has no name.
    """
    train, valid = folder / "train", folder / "valid"
    if train.is_dir() and valid.is_dir():
        return {"train": train, "valid": valid}, folder
    whole = train if train.is_dir() else folder
    return {"": whole}, whole


def split_prefixes(folder: Path) -> Mapping[str, str]:
    """What paths of photos begin with, relative to ``folder``, by name of the split.

    Each is empty, or ends with a slash.
    """
    splits, _ = split_folders(folder)
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
