"""The photos that an export is proven with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from unfreeze.answering import Answering, separator_of
from unfreeze.data.index import index_flat_folder
from unfreeze.data.paths import is_below
from unfreeze.data.split_folders import validation_folder
from unfreeze.errors import DataError, UnfreezeError
from unfreeze.insight.report.record import Answer
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import Task
from unfreeze.runs.recorded import photos_of, training_folder_of
from unfreeze.runs.run_files import answers_in

__all__ = ["ProofPhotos", "photos_below", "photos_of_run"]

_T = TypeVar("_T")

_MOST = 1000
"""Photos to compare with. More would take minutes and prove little more."""

_EXAMPLES = 128
"""Photos that show in which range a network's numbers lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPhotos:
    """Photos for a proof, and others to look at beforehand."""

    photos: tuple[Path, ...]
    labels: tuple[str, ...] | None
    """What is on ``photos``; None where nothing says it."""

    examples: tuple[Path, ...]
    """Photos that are not among them; none where there are fewer than five in all."""


def photos_of_run(run: Path, answering: Answering) -> ProofPhotos:
    """The validation photos of a run, where they were when it was trained.

    Args:
        run: A run folder, or the model file in it.
        answering: What the model may say of them.

    Raises:
        DataError: If they are not there any more, or the run does not say where.
    """
    folder = run.parent if run.is_file() else run
    root, answers = photos_of(folder), _answers_in(folder)
    if root is None or answers is None:
        raise DataError(
            f"{folder} does not say where its validation photos are, and an export is "
            "proven with real photos. Pass --data with a folder of photos."
        )
    # A run folder can come from anywhere: it names files below the photos or none.
    found = [
        (root / each.file, each.label)
        for each in answers
        if is_below(each.file) and (root / each.file).is_file()
    ]
    if not found:
        raise DataError(
            f"The validation photos of {folder} are not in {root} any more, and an "
            "export is proven with real photos. Pass --data with a folder of photos."
        )
    learned = training_folder_of(folder)
    labels = dict(found)
    paths = list(labels)
    examples = () if learned is None else _others(learned, paths)
    paths, examples = _apart(paths, examples)
    chosen = _some(paths, _MOST)
    said = [labels[path] for path in chosen]
    return ProofPhotos(
        photos=tuple(chosen),
        labels=tuple(said) if _are_known(said, answering) else None,
        examples=examples,
    )


def photos_below(data: Path, answering: Answering) -> ProofPhotos:
    """All photos in a folder; named by class where each lies in a class folder.

    Args:
        data: Holds them, or ``valid/`` with them in it.
        answering: What the model may say of them.

    Raises:
        DataError: If there is no such folder, or no photo in it.
    """
    root = validation_folder(data, answering.classes)
    paths = [root / name for name in index_flat_folder(root, ()).names]
    paths, examples = _apart(paths, _others(data, paths))
    chosen = _some(paths, _MOST)
    labels = [path.relative_to(root).parts[0] for path in chosen]
    is_single = answering.task is Task.SINGLE
    return ProofPhotos(
        photos=tuple(chosen),
        labels=(tuple(labels) if is_single and _are_known(labels, answering) else None),
        examples=examples,
    )


def _answers_in(folder: Path) -> tuple[Answer, ...] | None:
    """Those of a run that are there and whole; None otherwise."""
    try:
        return answers_in(folder)
    except DataError:
        return None


def _apart(
    paths: list[Path], others: tuple[Path, ...]
) -> tuple[list[Path], tuple[Path, ...]]:
    """Photos to compare, and others to look at: a fifth of them if there are none."""
    if others:
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


def _others(folder: Path, taken: Sequence[Path]) -> tuple[Path, ...]:
    """Photos in a folder that are not taken, a sample."""
    try:
        names = index_flat_folder(folder, ()).names
    except UnfreezeError:
        return ()
    resolved = {path.resolve() for path in taken}
    paths = [folder / name for name in _some(list(names), 4 * _EXAMPLES)]
    others = [path for path in paths if path.resolve() not in resolved]
    return tuple(_some(others, _EXAMPLES))


def _some(rows: list[_T], count: int) -> list[_T]:
    """A sample, the same each time, in the order of the rows."""
    if len(rows) <= count:
        return rows
    rng = rng_for(0, Purpose.EXPORT_PHOTOS)
    places = sorted(rng.choice(len(rows), count, replace=False).tolist())
    return [rows[place] for place in places]
