"""From rounds to a report: printed, and written where somebody asks for a file."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contestants import REPOSITORY
from benchmarks.harness import Goal, Round, outcomes, results
from benchmarks.machine import commit, versions
from benchmarks.report import Report

__all__ = ["Measurement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured, how often, and on what."""

    benchmark: str
    about: str
    goals: Iterable[Goal]
    task: Mapping[str, Any]
    repeats: int
    hardware: Mapping[str, Any]
    """As it was before the measurement loaded the machine."""

    interpreters: Mapping[str, str] = field(
        default_factory=lambda: {"ours": sys.executable}
    )
    """Python programs whose packages took part."""

    def publish(self, rounds: Sequence[Round], path: Path | None) -> None:
        """Print the report of all rounds; write it, too, where there is a path."""
        report = Report(
            benchmark=self.benchmark,
            about=self.about,
            task=self.task,
            repeats=self.repeats,
            hardware=self.hardware,
            source=commit(REPOSITORY),
            versions=versions(self.interpreters),
            results=results(rounds),
            outcomes=outcomes(self.goals, rounds),
        )
        print(report.text())
        if path is not None:
            report.write(path)
