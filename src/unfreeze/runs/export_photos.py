"""The photos that an export is proven with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from unfreeze.answering import Answering, separator_of
from unfreeze.data.index import index_flat_folder
from unfreeze.data.split_folders import validation_folder
from unfreeze.errors import DataError
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import Task
from unfreeze.runs.held_out import held_out_by, names_in

__all__ = ["ProofPhotos", "photos_below", "photos_of_run"]

_T = TypeVar("_T")

_MOST = 1000
"""Photos to compare with. More would take minutes and prove little more."""

_EXAMPLES = 128
"""Photos that show in which range a network's numbers lie."""

_USUAL_ADVICE = "Pass --data with a folder of photos."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPhotos:
    """Photos for a proof, and others to look at beforehand."""

    photos: tuple[Path, ...]
    labels: tuple[str, ...] | None
    """What is on ``photos``; None where nothing says it."""

    examples: tuple[Path, ...]
    """Photos that are not among them; none where there are no others, unless some were
    to be set aside, and five or more in all."""


def photos_of_run(
    run: Path,
    answering: Answering,
    advice: str = _USUAL_ADVICE,
    *,
    sets_aside: bool = False,
) -> ProofPhotos:
    """The validation photos of a run, where they were when it was trained.

    Args:
        run: A run folder, finished or not, or the model file in it.
        answering: What the model may say of them.
        advice: What to do where they are not there any more, in a sentence.
        sets_aside: Take a fifth for examples where there are no other photos.

    Raises:
        DataError: If they are not there any more, or the run does not say where.
    """
    folder = run.parent if run.is_file() else run
    held_out = held_out_by(folder)
    if held_out is None:
        raise DataError(
            f"{folder} does not say where its validation photos are, and an export is "
            f"proven with real photos. {advice}"
        )
    root = held_out.root
    labels = {
        root / name: label
        for name, label in held_out.labels.items()
        if (root / name).is_file()
    }
    if not labels:
        raise DataError(
            f"The validation photos of {folder} are not in {root} any more, and an "
            f"export is proven with real photos. {advice}"
        )
    paths = list(labels)
    others = _apart_from(paths, held_out.learned_root, held_out.learned)
    paths, examples = _apart(paths, others, sets_aside=sets_aside)
    chosen = _some(paths, _MOST)
    said = [labels[path] for path in chosen]
    return ProofPhotos(
        photos=tuple(chosen),
        labels=tuple(said) if _are_known(said, answering) else None,
        examples=examples,
    )


def photos_below(
    data: Path, answering: Answering, *, sets_aside: bool = False
) -> ProofPhotos:
    """All photos in a folder; named by class where each lies in a class folder.

    Args:
        data: Holds them, or ``valid/`` with them in it.
        answering: What the model may say of them.
        sets_aside: Take a fifth for examples where there are no other photos.

    Raises:
        DataError: If there is no such folder, or no photo in it.
    """
    root = validation_folder(data, answering.classes)
    paths = [root / name for name in index_flat_folder(root, ()).names]
    others = _apart_from(paths, data, names_in(data))
    paths, examples = _apart(paths, others, sets_aside=sets_aside)
    chosen = _some(paths, _MOST)
    labels = [path.relative_to(root).parts[0] for path in chosen]
    is_single = answering.task is Task.SINGLE
    return ProofPhotos(
        photos=tuple(chosen),
        labels=(tuple(labels) if is_single and _are_known(labels, answering) else None),
        examples=examples,
    )


def _apart(
    paths: list[Path], others: tuple[Path, ...], *, sets_aside: bool
) -> tuple[list[Path], tuple[Path, ...]]:
    """Photos to compare, and others to look at: a fifth of them if there are none."""
    if others or not sets_aside:
        return paths, others
    examples = _some(paths, min(_EXAMPLES, len(paths) // 5))
    set_aside = set(examples)
    return [path for path in paths if path not in set_aside], tuple(examples)


def _are_known(labels: Sequence[str], answering: Answering) -> bool:
    """Whether the model can say each of them, alone or beside others."""
    known = set(answering.classes)
    if answering.task is Task.SINGLE:
        return set(labels) <= known
    separator = separator_of(answering.classes)
    return all(set(label.split(separator)) <= known | {""} for label in labels)


def _apart_from(
    taken: Sequence[Path], folder: Path, names: Sequence[str]
) -> tuple[Path, ...]:
    """Photos in a folder that are there and not taken, a sample."""
    resolved = {path.resolve() for path in taken}
    paths = [folder / name for name in _some(names, 4 * _EXAMPLES)]
    others = [
        path for path in paths if path.resolve() not in resolved and path.is_file()
    ]
    return tuple(_some(others, _EXAMPLES))


def _some(rows: Sequence[_T], count: int) -> list[_T]:
    """A sample, the same each time, in the order of the rows."""
    if len(rows) <= count:
        return list(rows)
    rng = rng_for(0, Purpose.EXPORT_PHOTOS)
    places = sorted(rng.choice(len(rows), count, replace=False).tolist())
    return [rows[place] for place in places]
