"""One web page on which a person decides about suspicious photos."""

import shlex
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, final

from unfreeze.atomic import written_whole
from unfreeze.data.split_folders import class_in_path, split_prefixes
from unfreeze.data.thumbnails import thumbnail_or_none
from unfreeze.insight.markup import with_code
from unfreeze.insight.pages import render
from unfreeze.insight.wording import counted
from unfreeze.records import Finding
from unfreeze.runs.copies import Copies, drops_in_words, parted, validation_prefix
from unfreeze.runs.fixes_room import num_that_fit, shared_out
from unfreeze.runs.fixes_topics import TOPICS, topic_of

__all__ = ["write_fixes_page"]

_SIDE = 128
"""Shorter side of a thumbnail, in pixels; about 5 kB each."""

_MOST_SHOWN = 100
"""Photos of one kind of finding, or sets of them."""

_MOST_PHOTOS = 500
"""Thumbnails altogether: about 3 MB, that a phone still opens at once."""

_MOST_IN_A_SET = 6
"""Thumbnails of one set of copies; the others are named."""

_MOST_IN_HEADLINE = 2
"""Kinds that a headline names; the others are counted."""


def write_fixes_page(
    path: Path,
    folder: Path,
    findings: Sequence[Finding],
    classes: Sequence[str],
    caution: str = "",
    counts: str = "",
) -> None:
    """Show what was found in a data set, with the choice to keep, relabel or drop.

    The page saves ``fixes.csv``, as ``read_fixes`` reads it. It is one file, needs no
    network, and shows 100 photos, or sets of copies, of a kind and 500 photos at most:
    of all kinds, where there are more. A button drops the copies of all sets whose
    labels agree, as ``parted`` chooses them: where they differ, nobody but a person
    can say which photo has the wrong one, and a validation photo with a wrong label
    would be all that stays. What harms most comes first, here and in the headline.

    Args:
        path: Where the page goes.
        folder: The data set.
        findings: What was found, the most suspicious of each kind first.
        classes: Names of all classes, in label order.
        caution: A sentence on how closely was looked, if there is one to say.
        counts: How many photos there are, and how many can be read, in words.
    """
    build = _Build(folder, tuple(classes))
    sections = build.sections(findings)
    page = render(
        "fixes.html",
        styles=["fixes.css"],
        scripts=["fixes.js"],
        folder=str(folder),
        caution=with_code(caution, "--arch"),
        counts=counts,
        headline=_headline(sections),
        num_asked=len(build.asked),
        command=f"unfreeze train {shlex.quote(str(folder))} --fixes fixes.csv",
        classes=list(classes),
        sections=sections,
        known={
            "files": list(build.files),
            "classes": list(classes),
            "asked": build.asked,
            "copies": build.copies,
        },
    )
    with written_whole(path) as stream:
        stream.write(page.encode())


def _headline(sections: Sequence[Mapping[str, Any]]) -> str:
    """Count what was found, what harms most first."""
    told = [
        counted(each["number"], *TOPICS[each["link"][0]].counts)
        for each in sections
        if not TOPICS[each["link"][0]].is_harmless
    ]
    if not told:
        return "Nothing harmful was found" if sections else "Nothing unusual was found"
    rest = len(told) - _MOST_IN_HEADLINE
    if rest > 1:
        told[_MOST_IN_HEADLINE:] = [f"{rest} more kinds of findings"]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))


def _said_of_most(found: Sequence[Finding]) -> str:
    """The message of more than half of several findings, if they share one."""
    message, times = Counter(each.message for each in found).most_common(1)[0]
    return message if len(found) > 1 and 2 * times > len(found) else ""


@final
class _Build:
    """What goes on the page: photos get a number when they first appear."""

    def __init__(self, folder: Path, classes: tuple[str, ...]) -> None:
        self.files: dict[str, int] = {}
        self.copies: dict[str, list[dict[str, list[int]]]] = {}
        """By section: which files of each set its button keeps, and which it drops."""

        self._folder = folder
        self._classes = classes
        self._prefixes = tuple(split_prefixes(folder).values())
        self._valid = validation_prefix(folder)
        self._slots = count()
        self._uris: dict[str, str | None] = {}
        self._asked: set[str] = set()

    @property
    def asked(self) -> list[int]:
        """Numbers of the photos shown that wait for a decision."""
        return sorted(self.files[file] for file in self._asked)

    def sections(self, findings: Sequence[Finding]) -> list[dict[str, Any]]:
        """One section for each topic that something was found of, in their order."""
        found_of: defaultdict[str, list[Finding]] = defaultdict(list)
        for each in findings:
            name = topic_of(each, labels_differ=self._labels_differ(each))
            if each.files or TOPICS[name].is_in_words:
                found_of[name].append(each)
        names = [name for name in TOPICS if found_of[name]]
        wants = [sum(_sizes(name, found_of[name])) for name in names]
        rooms = shared_out(wants, _MOST_PHOTOS)
        return [
            self._section(name, found_of[name], room)
            for name, room in zip(names, rooms, strict=True)
        ]

    def _section(
        self, name: str, found: Sequence[Finding], room: int
    ) -> dict[str, Any]:
        topic = TOPICS[name]
        if topic.is_in_words:
            return _listed(name, found)
        return (self._sets if topic.is_in_sets else self._photos)(name, found, room)

    def _photos(self, kind: str, found: Sequence[Finding], room: int) -> dict[str, Any]:
        """A section of photos that have nothing to do with each other."""
        topic = TOPICS[kind]
        places = [(each, at) for each in found for at in range(len(each.files))]
        shown = places[:room]
        suspects = [
            {
                # What is about the whole finding stands before its first photo, which
                # alone can have a likely class.
                "lead": finding.message if topic.says_why and not at else "",
                "message": "",
                "photos": [
                    self._photo(finding.files[at], None if at else finding.likely)
                ],
                "others": (),
            }
            for finding, at in shown
        ]
        files = {finding.files[at] for finding, at in places}
        left_out = files - {finding.files[at] for finding, at in shown}
        if not topic.is_harmless:
            self._asked |= files - left_out
        counts = counted(len(files), "photo")
        section = _section(kind, len(files), counts, len(left_out))
        return {**section, "suspects": suspects}

    def _sets(self, kind: str, found: Sequence[Finding], room: int) -> dict[str, Any]:
        """A section of sets of copies."""
        usual = _said_of_most(found)
        suspects: list[dict[str, Any]] = []
        for each in found[: num_that_fit(_sizes(kind, found), room)]:
            shown = each.files[:_MOST_IN_A_SET]
            self._asked.update(shown)
            suspects.append(
                {
                    "lead": "",
                    "message": "" if each.message == usual else each.message,
                    "photos": [self._photo(file, None) for file in shown],
                    "others": each.files[_MOST_IN_A_SET:],
                }
            )
        counts, num_left_out = counted(len(found), "set"), len(found) - len(suspects)
        return {
            **_section(kind, len(found), counts, num_left_out),
            "suspects": suspects,
            "usual": usual,
            **self._drops(kind, found),
        }

    def _drops(self, kind: str, found: Sequence[Finding]) -> dict[str, Any]:
        """What a button would do with all sets of a section, shown or not."""
        sets = [
            Copies(each.files, ())
            if self._labels_differ(each)
            else parted(each.files, self._valid)
            for each in found
        ]
        clear = [each for each in sets if each.drops]
        self.copies[kind] = [
            {"keeps": self._numbers(each.keeps), "drops": self._numbers(each.drops)}
            for each in clear
        ]
        num_drops = len({file for each in clear for file in each.drops})
        words = drops_in_words(num_drops, self._valid, is_leak=kind == "leakage")
        # Of contradictions, all are: the section says so.
        num_unclear = 0 if kind == "contradiction" else len(sets) - len(clear)
        return {"drops": words if clear else "", "num_unclear": num_unclear}

    def _labels_differ(self, finding: Finding) -> bool:
        return len({class_in_path(each, self._prefixes) for each in finding.files}) > 1

    def _numbers(self, files: Sequence[str]) -> list[int]:
        return [self.files.setdefault(file, len(self.files)) for file in files]

    def _photo(self, file: str, likely: str | None) -> dict[str, Any]:
        if file not in self._uris:
            self._uris[file] = thumbnail_or_none(self._folder / file, _SIDE)
        given = class_in_path(file, self._prefixes)
        return {
            "number": self._numbers([file])[0],
            "slot": next(self._slots),
            "file": file,
            "picture": self._uris[file],
            "given": given,
            "given_number": self._place(given),
            "likely": likely,
            "likely_number": None if likely == given else self._place(likely),
        }

    def _place(self, name: str | None) -> int | None:
        """Number of a class; None of what is no class."""
        return self._classes.index(name) if name in self._classes else None


def _sizes(name: str, found: Sequence[Finding]) -> list[int]:
    """Photos that would be shown of each of the first findings or sets."""
    topic = TOPICS[name]
    if topic.is_in_words:
        return []
    if topic.is_in_sets:
        return [min(len(each.files), _MOST_IN_A_SET) for each in found[:_MOST_SHOWN]]
    return [min(sum(len(each.files) for each in found), _MOST_SHOWN)]


def _section(name: str, number: int, counts: str, num_left_out: int) -> dict[str, Any]:
    topic = TOPICS[name]
    return {
        "link": (name, f"{topic.link} {number:,}"),
        "title": topic.title,
        "about": topic.about,
        "number": number,
        "count": counts,
        "is_in_sets": topic.is_in_sets,
        "usual": "",
        "drops": "",
        "num_unclear": 0,
        "suspects": [],
        "lines": [],
        "num_left_out": num_left_out,
    }


def _listed(name: str, found: Sequence[Finding]) -> dict[str, Any]:
    """A section of findings in words."""
    lines = [
        {"file": each.files[0] if each.files else None, "message": each.message}
        for each in found[:_MOST_SHOWN]
    ]
    section = _section(name, len(found), f"{len(found):,}", len(found) - len(lines))
    return {**section, "lines": lines}
