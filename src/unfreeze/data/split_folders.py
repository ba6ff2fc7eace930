"""Where the photos of a folder lie: split already, or still to be split."""

from collections.abc import Mapping
from pathlib import Path

__all__ = ["split_folders"]


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
