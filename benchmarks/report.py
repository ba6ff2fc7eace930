"""A benchmark on paper: everything that a reader needs to believe a number, or not."""

import json
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Outcome, Result, Spread

__all__ = ["Report", "outcome_table", "read_outcomes", "table"]

_WIDTH = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Hardware, versions, numbers and what they mean."""

    benchmark: str
    about: str
    task: Mapping[str, Any]
    repeats: int
    hardware: Mapping[str, Any]
    source: str
    """What git calls the source."""

    versions: Mapping[str, Mapping[str, str]]
    results: Sequence[Result]
    outcomes: Sequence[Outcome]

    def write(self, path: Path) -> None:
        """Write everything as JSON. Numbers that JSON does not know become null."""
        content = _as_json(asdict(self))
        path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")

    def text(self) -> str:
        """The same for a person."""
        facts = {**self.hardware, "source": self.source}
        facts |= {side: _pairs(found) for side, found in self.versions.items()}
        facts |= {"task": _pairs(self.task), "repeats": self.repeats}
        lines = [self.benchmark, "", self.about, ""]
        lines += [f"{name}: {value}" for name, value in facts.items() if value != ""]
        lines = [part for line in lines for part in textwrap.wrap(line, _WIDTH) or [""]]
        titles = ["contestant", "figure", "median", "min", "max", "first round"]
        lines += ["", *table(titles, [_row(each) for each in self.results])]
        if self.outcomes:
            lines += ["", *outcome_table(self.outcomes)]
        return "\n".join(lines)


def read_outcomes(path: Path) -> list[Outcome]:
    """Read back what became of the goals of a report."""
    return [
        Outcome(**{**each, "first": _number(each["first"]), "spread": _spread(each)})
        for each in json.loads(path.read_text())["outcomes"]
    ]


def outcome_table(found: Iterable[Outcome]) -> list[str]:
    """Lines that hold ratios against their goals."""
    titles = ["ratio", "median", "min", "max", "first round", "goal", ""]
    rows = [
        [each.name, *_shown(each.spread, each.first), each.wanted, each.verdict]
        for each in found
    ]
    return table(titles, rows)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns; the first column is flush left, numbers are flush right."""
    lines = [titles, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(titles))]
    is_number = [all(_is_number(row[i]) for row in rows) for i in range(len(titles))]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    ]


def _row(result: Result) -> list[str]:
    return [result.contestant, result.figure, *_shown(result.spread, result.first)]


def _pairs(found: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value}" for name, value in found.items() if value is not None
    )


def _shown(spread: Spread, first: float) -> list[str]:
    values = (spread.median, spread.low, spread.high, first)
    return [
        f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}" for value in values
    ]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _spread(outcome: Mapping[str, Any]) -> Spread:
    return Spread(**{name: _number(each) for name, each in outcome["spread"].items()})


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _as_json(value: object) -> object:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(name): _as_json(each) for name, each in value.items()}
        case list() | tuple():
            return [_as_json(each) for each in value]
        case Path():
            return str(value)
        case _:
            return value
