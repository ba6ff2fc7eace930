"""One web page on which a person decides about suspicious photos."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, final

from unfreeze.atomic import written_whole
from unfreeze.data.thumbnails import thumbnail_or_none
from unfreeze.insight.pages import render
from unfreeze.insight.wording import counted
from unfreeze.places import require_place
from unfreeze.records import Finding, FindingKind

__all__ = ["class_in_path", "write_fixes_page"]

_SIDE = 128
"""Shorter side of a thumbnail, in pixels; about 5 kB each."""

_MOST_SHOWN = 100
"""Findings of one kind."""

_MOST_PHOTOS = 500
"""Thumbnails altogether: about 3 MB, that a phone still opens at once."""

_MOST_IN_A_SET = 6
"""Photos of one finding, such as copies of one photo."""


@dataclass(frozen=True, slots=True)
class _Topic:
    """How findings of some kind appear on the page."""

    link: str
    title: str
    about: str
    is_in_sets: bool = False
    drops: str = ""
    """What the button says that drops all photos of a set but the first."""


_TOPICS: Mapping[FindingKind, _Topic] = {
    "label_suspect": _Topic(
        "Labels",
        "Labels that may be wrong",
        "The most suspicious first. Relabel takes the class in the list below it.",
    ),
    "leakage": _Topic(
        "Both sides",
        "The same photo in training and validation",
        "The model is asked what it was told before, and its accuracy looks better "
        "than it is. Drop the training copies, and all validation photos still count.",
        is_in_sets=True,
        drops="Drop all but the first, a validation photo",
    ),
    "exact_duplicate": _Topic(
        "Equal",
        "Equal files",
        "Copies count twice in training. Where their labels differ, one is wrong.",
        is_in_sets=True,
        drops="Drop all but the first of each",
    ),
    "near_duplicate": _Topic(
        "Alike",
        "Photos that are nearly the same",
        "Resized, cut or compressed again, or taken in one burst.",
        is_in_sets=True,
        drops="Drop all but the first of each",
    ),
    "outlier": _Topic(
        "Unusual",
        "Photos unlike all others",
        "Some are the rare cases that a model needs most; others do not belong here.",
    ),
    "blank": _Topic("Blank", "Photos with nothing to see", "Even, or nearly so."),
    "tiny": _Topic("Tiny", "Very small photos", "Smaller than a model can use."),
}
"""Kinds whose photos are shown, in this order."""

_LISTED: Mapping[str, tuple[str, str, str]] = {
    "unreadable": (
        "Unreadable",
        "Files that cannot be read",
        "Training leaves them out already. Replace or delete them when it suits you.",
    ),
    "other": (
        "Also noticed",
        "Also noticed",
        "What no decision about a single photo would change.",
    ),
}


def class_in_path(file: str, classes: Sequence[str]) -> str | None:
    """Tell the label that a folder gives to a file, if one does.

    Example:
        >>> class_in_path("train/cats/1.jpg", ["cats", "dogs"])
        'cats'
    """
    return next((part for part in file.split("/")[:-1][:2] if part in classes), None)


def write_fixes_page(
    path: Path,
    folder: Path,
    findings: Sequence[Finding],
    classes: Sequence[str],
) -> None:
    """Show what was found in a data set, with the choice to keep, relabel or drop.

    The page saves ``fixes.csv``, as ``read_fixes`` reads it. It is one file, needs no
    network, and shows 100 findings of a kind and 500 photos at most.

    Args:
        path: Where the page goes.
        folder: The data set.
        findings: What was found, the most suspicious of each kind first.
        classes: Names of all classes, in label order.
    """
    require_place(path)
    build = _Build(folder, tuple(classes))
    sections = [*build.shown(findings), *_listed(findings)]
    page = render(
        "fixes.html",
        styles=["fixes.css"],
        scripts=["fixes.js"],
        folder=str(folder),
        headline=_headline(len(build.files)),
        command=f"unfreeze train {shlex.quote(str(folder))} --fixes fixes.csv",
        classes=list(classes),
        sections=sections,
        known={"files": list(build.files), "classes": list(classes)},
    )
    with written_whole(path) as stream:
        stream.write(page.encode())


def _headline(num_photos: int) -> str:
    if not num_photos:
        return "No photo asks for a decision"
    return f"{counted(num_photos, 'photo')} to look at"


@final
class _Build:
    """What goes on the page: photos get a number when they first appear."""

    def __init__(self, folder: Path, classes: tuple[str, ...]) -> None:
        self.files: dict[str, int] = {}
        self._folder = folder
        self._classes = classes
        self._slots = count()
        self._uris: dict[str, str | None] = {}

    def shown(self, findings: Sequence[Finding]) -> list[dict[str, Any]]:
        """One section for each kind of finding with photos to decide about."""
        sections = []
        for kind, topic in _TOPICS.items():
            found = [each for each in findings if each.kind == kind and each.files]
            suspects = []
            for finding in found[:_MOST_SHOWN]:
                if len(self._uris) >= _MOST_PHOTOS:
                    break
                suspects.append(self._suspect(finding))
            if suspects:
                left_out = len(found) - len(suspects)
                sections.append(_section(kind, topic, suspects, len(found), left_out))
        return sections

    def _suspect(self, finding: Finding) -> dict[str, Any]:
        files = finding.files[:_MOST_IN_A_SET]
        return {
            "message": finding.message,
            "photos": [self._photo(file, finding.likely) for file in files],
        }

    def _photo(self, file: str, likely: str | None) -> dict[str, Any]:
        if file not in self._uris:
            self._uris[file] = thumbnail_or_none(self._folder / file, _SIDE)
        given = class_in_path(file, self._classes)
        return {
            "number": self.files.setdefault(file, len(self.files)),
            "slot": next(self._slots),
            "file": file,
            "picture": self._uris[file],
            "given": given,
            "likely": likely,
            "offered": self._offered(given, likely),
        }

    def _offered(self, given: str | None, likely: str | None) -> int:
        """The class that stands in the list at first: not the one the photo has."""
        if likely in self._classes:
            return self._classes.index(likely)
        others = (at for at, name in enumerate(self._classes) if name != given)
        return next(others, 0)


def _section(
    kind: str,
    topic: _Topic,
    suspects: list[dict[str, Any]],
    num_found: int,
    num_left_out: int,
) -> dict[str, Any]:
    return {
        "link": (kind, topic.link),
        "title": topic.title,
        "about": topic.about,
        "count": f"{num_found:,}",
        "is_listed": False,
        "is_in_sets": topic.is_in_sets,
        "drops": topic.drops,
        "suspects": suspects,
        "num_left_out": num_left_out,
    }


def _listed(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Sections of findings in words: unreadable files, then all that is not shown."""
    unreadable = [each for each in findings if each.kind == "unreadable"]
    known = {*_TOPICS, "unreadable"}
    others = [each for each in findings if each.kind not in known]
    sections = []
    for name, found in (("unreadable", unreadable), ("other", others)):
        if not found:
            continue
        link, title, about = _LISTED[name]
        lines = [
            {"file": each.files[0] if each.files else None, "message": each.message}
            for each in found[:_MOST_SHOWN]
        ]
        sections.append(
            {
                "link": (name, link),
                "title": title,
                "about": about,
                "count": f"{len(found):,}",
                "is_listed": True,
                "drops": "",
                "lines": lines,
                "num_left_out": len(found) - len(lines),
            }
        )
    return sections
