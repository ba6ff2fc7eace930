"""Where files that a command writes may go: never in the place of what people keep."""

import os
from collections.abc import Sequence
from pathlib import Path

from unfreeze.data.split_folders import photo_folders
from unfreeze.data.walk import is_image_name
from unfreeze.errors import PlanError
from unfreeze.places import require_place
from unfreeze.runs.run_folder import files_of_run, is_run

__all__ = ["file_place", "is_same_file", "page_place", "picture_place"]

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


def page_place(file: Path) -> Path:
    """Where a web page goes: a new name, or that of a page that we wrote.

    Raises:
        PlanError: If its name is not that of a page, or something else stands there.
    """
    return _place_of_kind(file, _PAGES, _MARK_OF_PAGES, "web page")


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
    if is_image_name(place.name) and _is_in_class(place, photos):
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
    if place.exists() and not _has(mark, place):
        raise PlanError(
            f"{file} is there already, and no {kind} that unfreeze wrote. Pass another "
            "name."
        )
    return place


def _has(mark: bytes, file: Path) -> bool:
    with file.open("rb") as stream:
        return mark in stream.read(_MOST_READ)


def _is_in_class(place: Path, photos: Path) -> bool:
    whole = place.resolve()
    roots = (root.resolve() for root in photo_folders(photos))
    return any(whole.is_relative_to(root) and whole.parent != root for root in roots)
