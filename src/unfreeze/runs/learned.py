"""What of some photos a run has learned from, as far as its folder tells."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from unfreeze.errors import DataError
from unfreeze.runs.recorded import photos_of, training_folder_of
from unfreeze.runs.run_files import answers_in
from unfreeze.runs.run_folder import run_folder
from unfreeze.words import counted

__all__ = ["learned_from"]

_MOST_LOOKED_FOR = 1000
"""Photos that were held out, spread over all: each asks the disk, folder by folder."""


def learned_from(run: Path, root: Path, names: Sequence[str]) -> str | None:
    """Warn where the scores of a run on some photos would be flattered.

    A photo counts as learned from if it lies in the folder that the run was trained on
    and is not one of those it held out. Folders that were moved or copied are known by
    the photos that were held out: most of them lie, by name, where they lay as seen
    from there, or among these photos. Of a copy without them nothing is known.

    Args:
        run: A run folder, or the model file in it.
        root: Folder of the photos.
        names: Of the photos, relative to it.

    Returns:
        A caution in sentences. None if there is nothing to warn of, or nothing to know
        it from: a model file alone does not say.
    """
    folder = run_folder(run)
    held_out = _held_out(folder)
    home, valid_root = training_folder_of(folder), photos_of(folder)
    if not held_out or home is None or valid_root is None:
        return None
    learned = _in_folder(home, valid_root, held_out, root, names)
    if learned:
        return (
            f"{run} was trained on {home}, which holds {learned:,} of "
            f"{counted(len(names), 'photo')} here besides those that it held out: "
            "unless they were added later, it has learned from them, and its accuracy "
            "here is flattered. Measure it on photos that are new to it."
        )
    for new_home, new_valid in _moved(home, valid_root, held_out, root):
        learned = _in_folder(new_home, new_valid, held_out, root, names)
        if learned:
            return (
                f"{new_valid} holds, by their names, photos that {run} held out, so "
                f"that {new_home} seems to be what it was trained on, moved or copied, "
                f"and holds {learned:,} of {counted(len(names), 'photo')} here besides "
                "those that it held out: it may have learned from them, and its "
                "accuracy here may be flattered. Measure it on photos that are new to "
                "it."
            )
    shared = held_out.intersection(names)
    others = len(names) - len(shared)
    if not others or 2 * len(shared) <= len(held_out) or _is_same(root, valid_root):
        return None
    return (
        f"{root} holds, by their names, {len(shared):,} of "
        f"{counted(len(held_out), 'photo')} that {run} held out, and "
        f"{counted(others, 'other')}, from which it may have learned: its accuracy "
        "here may be flattered."
    )


def _held_out(folder: Path) -> frozenset[str]:
    try:
        return frozenset(each.file for each in answers_in(folder) or ())
    except DataError:
        return frozenset()


def _moved(
    home: Path, valid_root: Path, held_out: frozenset[str], root: Path
) -> Iterator[tuple[Path, Path]]:
    """Where the folders of training and validation seem to be now, around ``root``."""
    try:
        shared = Path(os.path.commonpath([home, valid_root]))
    except ValueError:  # on two drives: they were not moved together
        return
    to_home, to_valid = home.relative_to(shared), valid_root.relative_to(shared)
    some = sorted(held_out)[:: 1 + len(held_out) // _MOST_LOOKED_FOR]
    whole = root.resolve()
    for base in (whole, *whole.parents):
        place = base / to_valid
        if base == shared or not place.is_dir():
            continue
        if 2 * sum((place / name).is_file() for name in some) > len(some):
            yield base / to_home, place


def _in_folder(
    home: Path,
    valid_root: Path,
    held_out: frozenset[str],
    root: Path,
    names: Sequence[str],
) -> int:
    """How many photos lie below ``home``, those that were held out not counted."""
    kept_apart = {place for name in held_out for place in _places(valid_root, name)}
    whole = root.resolve()
    count = 0
    for name in names:
        places = set(_places(whole, name))
        is_inside = any(place.is_relative_to(home) for place in places)
        count += is_inside and kept_apart.isdisjoint(places)
    return count


def _places(root: Path, name: str) -> Iterator[Path]:
    """Where a file stands, and where its content does: photos may be links."""
    path = os.path.normpath(root / name)
    yield Path(path)
    yield Path(os.path.realpath(path))


def _is_same(root: Path, other: Path) -> bool:
    return root.resolve() == other.resolve()
