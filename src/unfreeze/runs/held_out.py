"""Which photos a run held out, and which it learned from, finished or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from unfreeze.answering import separator_of
from unfreeze.data.index import index_flat_folder
from unfreeze.data.paths import is_below
from unfreeze.errors import DataError, UnfreezeError
from unfreeze.runs.begun import Begun
from unfreeze.runs.photo_prints import PhotoPrints
from unfreeze.runs.recorded import photos_of, training_folder_of
from unfreeze.runs.run_files import answers_in
from unfreeze.runs.run_folder import CHECKPOINT, PHOTOS

__all__ = ["HeldOut", "held_out_by", "names_in"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What a run says of its photos, whether or not they are still there."""

    root: Path
    """Where the names start from."""

    labels: Mapping[str, str]
    """Of each photo that was held out, by its name: below ``root``, with slashes."""

    learned_root: Path
    learned: Sequence[str]
    """Names, below ``learned_root``, of photos that it learned from; some that were
    held out may be among them."""


def held_out_by(run: Path) -> HeldOut | None:
    """What a finished run recorded, or an unfinished one began with.

    Args:
        run: A run folder.

    Returns:
        None where nothing says it. A run folder can come from anywhere: files outside
        the folder of its photos are left out.
    """
    return _finished(run) or _begun(run)


def names_in(folder: Path) -> Sequence[str]:
    """Those of all photos in a folder; none where it cannot be read."""
    try:
        return index_flat_folder(folder, ()).names
    except UnfreezeError:
        return ()


def _finished(run: Path) -> HeldOut | None:
    try:
        answers = answers_in(run)
    except DataError:
        return None
    root = photos_of(run)
    if root is None or answers is None:
        return None
    learned = training_folder_of(run)
    return HeldOut(
        root=root,
        labels={each.file: each.label for each in answers if is_below(each.file)},
        learned_root=learned or root,
        learned=() if learned is None else names_in(learned),
    )


def _begun(run: Path) -> HeldOut | None:
    try:
        begun = Begun.read(run)
        prints = PhotoPrints.read(run / CHECKPOINT / PHOTOS)
        held_out, learned = prints.labels_of("valid"), prints.labels_of("train")
    except DataError:
        return None
    separator = separator_of(prints.classes)
    root = Path(begun.places.get("data", begun.data))
    return HeldOut(
        root=root,
        labels={
            name: separator.join(labels)
            for name, labels in held_out.items()
            if is_below(name)
        },
        learned_root=root,
        learned=[name for name in learned if is_below(name)],
    )
