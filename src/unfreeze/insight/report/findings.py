"""What the data doctor found before a training, kind by kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from unfreeze.words import counted_files, finding_title

__all__ = ["Found", "FoundKind", "found_kinds"]

_MOST_FINDINGS = 12
_MOST_FILES = 24
"""Names of files below a sentence; the others are counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """One sentence, and the files that it is about."""

    message: str
    groups: tuple[tuple[str, ...], ...]
    """Copies of each other stand in a group of their own, other files in one."""

    more: str
    """How many files there are besides, in words; empty if none."""


@dataclass(frozen=True, slots=True)
class FoundKind:
    """All findings of a kind."""

    title: str
    count: str
    """How many files or classes they are about, in words."""

    findings: tuple[Found, ...]
    more: str
    """How many findings there are besides, in words; empty if none."""


def found_kinds(findings: Iterable[Mapping[str, Any]]) -> list[FoundKind]:
    """Sort findings by kind; those that share their words are told once.

    Args:
        findings: As ``summary.json`` holds them.
    """
    by_kind: defaultdict[str, defaultdict[str, list[tuple[str, ...]]]]
    by_kind = defaultdict(lambda: defaultdict(list))
    for each in findings:
        by_kind[each["kind"]][each["message"]].append(tuple(each.get("files", ())))
    return [_kind(kind, messages) for kind, messages in by_kind.items()]


def _kind(kind: str, messages: Mapping[str, list[tuple[str, ...]]]) -> FoundKind:
    files = (file for told in messages.values() for each in told for file in each)
    shown = list(messages.items())[:_MOST_FINDINGS]
    return FoundKind(
        finding_title(kind),
        counted_files(kind, files),
        tuple(_found(*each) for each in shown),
        _more(len(messages) - len(shown)),
    )


def _found(message: str, groups: list[tuple[str, ...]]) -> Found:
    if len(groups) > 1 and all(len(each) > 1 for each in groups):
        shown = tuple(each[:_MOST_FILES] for each in groups[:_MOST_FINDINGS])
        total = len({file for each in groups for file in each})
        return Found(message, shown, _more(total - len({*chain(*shown)})))
    names = tuple(dict.fromkeys(file for each in groups for file in each))
    more = _more(len(names) - _MOST_FILES)
    return Found(message, (names[:_MOST_FILES],) if names else (), more)


def _more(count: int) -> str:
    return f"and {count:,} more: summary.json names all of them" if count > 0 else ""
