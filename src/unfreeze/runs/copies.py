"""Which copies of a photo to leave out, where the same photo is there several times."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unfreeze.data.split_folders import split_prefixes
from unfreeze.insight.wording import counted

__all__ = ["Copies", "drops_in_words", "parted", "validation_prefix"]


@dataclass(frozen=True, slots=True)
class Copies:
    """The files of one photo, parted by what becomes of them."""

    keeps: tuple[str, ...]
    drops: tuple[str, ...]


def validation_prefix(folder: Path) -> str | None:
    """What paths of validation photos begin with; None where nothing is split yet."""
    return split_prefixes(folder).get("valid")


def parted(files: Sequence[str], valid: str | None) -> Copies:
    """Choose which copies of a photo to drop, so that scores stay comparable.

    A validation photo is never dropped: runs before and after are measured on the same
    photos. Where there is one, all training copies go, since a model must not be asked
    what it was told; otherwise the first stays, and is learned from once.

    Args:
        files: Relative to the data set.
        valid: What paths of validation photos begin with, if there are any.

    Example:
        >>> parted(["train/1.jpg", "train/2.jpg", "valid/3.jpg"], "valid/")
        Copies(keeps=('valid/3.jpg',), drops=('train/1.jpg', 'train/2.jpg'))
        >>> parted(["1.jpg", "2.jpg"], None)
        Copies(keeps=('1.jpg',), drops=('2.jpg',))
    """
    measured = [file for file in files if valid is not None and file.startswith(valid)]
    learned = [file for file in files if file not in set(measured)]
    num_kept = 0 if measured else 1
    return Copies((*measured, *learned[:num_kept]), tuple(learned[num_kept:]))


def drops_in_words(num_drops: int, valid: str | None, *, is_leak: bool) -> str:
    """What a button says that drops copies, and what stays."""
    if is_leak:
        copies = counted(num_drops, "training copy", "training copies")
        return f"Drop {copies}, keep every validation photo"
    if valid is None:
        return f"Drop {counted(num_drops, 'copy', 'copies')}, keep the first of each"
    copies = counted(num_drops, "training copy", "training copies")
    return f"Drop {copies}, keep one of each and every validation photo"
