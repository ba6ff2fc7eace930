"""The photos that an export is proven with."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from unfreeze.data.index import index_flat_folder
from unfreeze.errors import DataError, UnfreezeError
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.runs.run_record import KEPT

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
    """Photos that are not among them, where there are any."""


def photos_of_run(run: Path) -> ProofPhotos:
    """The validation photos of a run, where they were when it was trained.

    Raises:
        DataError: If they are not there any more, or the run does not say where.
    """
    folder = run.parent if run.is_file() else run
    try:
        kept = json.loads((folder / KEPT).read_text(encoding="utf-8"))
        root = Path(kept["valid_root"])
        with (folder / "predictions.csv").open(
            encoding="utf-8", errors="surrogateescape", newline=""
        ) as text:
            rows = [(row["file"], row["label"]) for row in csv.DictReader(text)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{folder} does not say where its validation photos are, and an export is "
            "proven with real photos. Pass --data with a folder of photos."
        ) from error
    # A run folder can come from anywhere: it names files below the photos or none.
    found = [
        (root / file, label)
        for file, label in rows
        if _is_below(file) and (root / file).is_file()
    ]
    if not found:
        raise DataError(
            f"The validation photos of {folder} are not in {root} any more, and an "
            "export is proven with real photos. Pass --data with a folder of photos."
        )
    chosen = _some(found, _MOST)
    return ProofPhotos(
        photos=tuple(photo for photo, _ in chosen),
        labels=tuple(label for _, label in chosen),
        examples=_others(kept.get("photos"), {photo for photo, _ in found}),
    )


def photos_below(data: Path, classes: Sequence[str]) -> ProofPhotos:
    """All photos in a folder; named by class where each lies in a class folder.

    Raises:
        DataError: If there is no such folder, or no photo in it.
    """
    inner = data / "valid"
    root = inner if inner.is_dir() and "valid" not in classes else data
    names = list(index_flat_folder(root, ()).names)
    labels = [PurePosixPath(name).parts[0] for name in names]
    chosen = _some(list(zip(names, labels, strict=True)), _MOST)
    is_labelled = set(labels) <= set(classes)
    return ProofPhotos(
        photos=tuple(root / name for name, _ in chosen),
        labels=tuple(label for _, label in chosen) if is_labelled else None,
        examples=_others(str(data), {root / name for name in names}),
    )


def _others(folder: str | None, taken: set[Path]) -> tuple[Path, ...]:
    if folder is None:
        return ()
    try:
        names = index_flat_folder(Path(folder), ()).names
    except UnfreezeError:
        return ()
    resolved = {path.resolve() for path in taken}
    paths = [Path(folder) / name for name in _some(list(names), 4 * _EXAMPLES)]
    others = [path for path in paths if path.resolve() not in resolved]
    return tuple(_some(others, _EXAMPLES))


def _some(rows: list[_T], count: int) -> list[_T]:
    """A sample, the same each time, in the order of the rows."""
    if len(rows) <= count:
        return rows
    rng = rng_for(0, Purpose.EXPORT_PHOTOS)
    places = sorted(rng.choice(len(rows), count, replace=False).tolist())
    return [rows[place] for place in places]


def _is_below(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
