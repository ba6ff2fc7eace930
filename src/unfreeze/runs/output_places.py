"""Where files that a command writes may go: never in the place of what people keep.

One rule for all of them: a new name, that of an empty file, or the place of what
unfreeze wrote for the same purpose, which is told by what stands in it. A name tells
nothing: ``labels.csv`` may be the only list of somebody's labels.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from unfreeze.bundle import golden_file, is_bundle
from unfreeze.data.split_folders import photo_folders
from unfreeze.errors import PlanError
from unfreeze.export.marks import is_golden, is_program
from unfreeze.photo_names import is_photo_name
from unfreeze.places import require_place
from unfreeze.runs.run_folder import files_of_run, is_run

__all__ = [
    "export_place",
    "file_place",
    "is_same_file",
    "page_place",
    "picture_place",
    "require_own",
]

_PAGES = (".html", ".htm")
_PICTURES = (".png", ".svg", ".pdf", ".jpg")

_MARK_OF_PAGES = b'<meta name="generator" content="unfreeze">'
_MARK_OF_PICTURES = b"drawn by unfreeze"
_MOST_READ = 2**22
"""Bytes of a file that are searched for our mark; pages have it at their beginning, and
pictures of ours are smaller."""


def file_place(file: Path) -> Path:
    """Where a file goes: of a link to one, what it points to, and the link stays.

    Raises:
        PlanError: If it cannot be written there, or would replace what a run wrote.
    """
    require_place(file)
    place = Path(os.path.realpath(file)) if file.is_symlink() else file
    require_place(place)
    folder = place.parent
    if is_run(folder) and any(
        is_same_file(place, each) for each in files_of_run(folder)
    ):
        raise PlanError(
            f"{file} belongs to the run {folder}, and would be written over. Pass "
            "another name."
        )
    return place


def require_own(place: Path, kind: str, is_ours: Callable[[Path], bool]) -> None:
    """Refuse to replace a file with something in it that we did not write.

    Args:
        place: Of the new file.
        kind: What it is, for the message.
        is_ours: Whether a file is one of that kind that we wrote.

    Raises:
        PlanError: If something else stands there.
    """
    if place.exists() and place.stat().st_size and not is_ours(place):
        raise PlanError(
            f"{place} is there already, and no {kind} that unfreeze wrote. Pass "
            "another name, or remove it first."
        )


def page_place(file: Path) -> Path:
    """Where a web page goes: a new name, or that of a page that we wrote.

    Raises:
        PlanError: If its name is not that of a page, or something else stands there.
    """
    return _place_of_kind(file, _PAGES, _MARK_OF_PAGES, "web page")


def export_place(file: Path) -> Path:
    """Where an exported model goes: a new name, or that of one that we exported.

    So it is with the example answers that will stand beside it.

    Raises:
        PlanError: If it cannot be written there, or something else stands there.
    """
    place = file_place(file)
    match place.suffix:
        case ".onnx":
            golden = golden_file(place)
            require_own(place, "model", is_bundle)
            require_place(golden)
            require_own(golden, "file of example answers", is_golden)
        case ".pt2":
            require_own(place, "model", is_program)
    return place


def picture_place(file: Path, photos: Path) -> Path:
    """Where a picture goes: a new name, or that of one that we drew.

    Args:
        file: Its name; the suffix decides the format.
        photos: Holds ``train/`` and ``valid/``, or class folders alone.

    Raises:
        PlanError: If its name is not that of a picture, something else stands there,
            or it would lie among the photos of a class and be taken for one.
    """
    place = _place_of_kind(file, _PICTURES, _MARK_OF_PICTURES, "picture")
    if is_photo_name(place.name) and _is_in_class(place, photos):
        raise PlanError(
            f"{file} would lie among the class folders of {photos}, and be taken for a "
            "photo. Pass a name elsewhere."
        )
    return place


def is_same_file(first: Path, second: Path) -> bool:
    """Whether two names mean one file, be it there or not."""
    try:
        return first.samefile(second)
    except OSError:
        return os.path.realpath(first) == os.path.realpath(second)


def _place_of_kind(file: Path, suffixes: Sequence[str], mark: bytes, kind: str) -> Path:
    place = file_place(file)
    for each in (file, place):
        if each.suffix.lower() not in suffixes:
            raise PlanError(
                f"{each} does not end like a {kind}. Pass a name that ends in one of "
                f"{', '.join(suffixes)}."
            )
    require_own(place, kind, partial(_has, mark))
    return place


def _has(mark: bytes, file: Path) -> bool:
    with file.open("rb") as stream:
        return mark in stream.read(_MOST_READ)


def _is_in_class(place: Path, photos: Path) -> bool:
    whole = place.resolve()
    roots = (root.resolve() for root in photo_folders(photos))
    return any(whole.is_relative_to(root) and whole.parent != root for root in roots)
