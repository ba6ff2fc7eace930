"""What the data doctor found before a training, kind by kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from unfreeze.insight.wording import counted, finding_title

__all__ = ["Found", "FoundKind", "found_kinds"]

_MOST_FINDINGS = 12
_MOST_FILES = 24
"""Names of files below a sentence; the others are counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """One sentence, and the files that it is about."""

    message: str
    files: tuple[str, ...]
    more: str
    """How many files there are besides, in words; empty if none."""


@dataclass(frozen=True, slots=True)
class FoundKind:
    """All findings of a kind."""

    title: str
    count: str
    """How many files they are about, in words."""

    findings: tuple[Found, ...]
    more: str
    """How many findings there are besides, in words; empty if none."""


def found_kinds(findings: Iterable[Mapping[str, Any]]) -> list[FoundKind]:
    """Sort findings by kind; those that share their words are told once.

    Args:
        findings: As ``summary.json`` holds them.
    """
    by_kind: defaultdict[str, defaultdict[str, list[str]]]
    by_kind = defaultdict(lambda: defaultdict(list))
    for each in findings:
        by_kind[each["kind"]][each["message"]] += each.get("files", ())
    return [_kind(kind, messages) for kind, messages in by_kind.items()]


def _kind(kind: str, messages: Mapping[str, list[str]]) -> FoundKind:
    files = {file for each in messages.values() for file in each}
    shown = list(messages.items())[:_MOST_FINDINGS]
    return FoundKind(
        finding_title(kind),
        counted(len(files), "class", "classes")
        if kind.startswith("class") or kind == "imbalance"
        else counted(len(files), "file"),
        tuple(_found(*each) for each in shown),
        _more(len(messages) - len(shown)),
    )


def _found(message: str, files: list[str]) -> Found:
    names = tuple(dict.fromkeys(files))
    return Found(message, names[:_MOST_FILES], _more(len(names) - _MOST_FILES))


def _more(count: int) -> str:
    return f"and {count:,} more: summary.json names all of them" if count > 0 else ""
