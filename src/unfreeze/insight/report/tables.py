"""Tables of a report, and the words in their cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unfreeze.insight.report.record import RunRecord
from unfreeze.insight.wording import counted, duration, percent

__all__ = [
    "Step",
    "Table",
    "interval_in_words",
    "rows_from_matrix",
    "step_in_words",
]


@dataclass(frozen=True, slots=True)
class Table:
    """Titles and rows of text; columns in ``texts`` are words instead of figures."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the recipe in words."""

    name: str
    time: str
    facts: tuple[str, ...]
    note: str


def step_in_words(step: Mapping[str, Any]) -> Step:
    """Say what one entry of ``steps`` in ``summary.json`` holds."""
    facts = []
    if step["epochs"]:
        facts.append(counted(step["epochs"], "epoch"))
    if step["lr"]:
        facts.append(f"rate {_rates(step['lr'])}")
    for words, key in (("training", "train_loss"), ("validation", "valid_loss")):
        if step[key] is not None:
            facts.append(f"{words} loss {step[key]:.3f}")
    if step["accuracy"] is not None:
        facts.append(f"accuracy {percent(step['accuracy'])}")
    if step["images_per_second"] is not None:
        facts.append(f"{step['images_per_second']:,.0f} photos a second")
    note = step.get("note", "")
    return Step(step["name"], duration(step["seconds"]), tuple(facts), note)


def interval_in_words(ends: Mapping[str, float] | None) -> str:
    """Write an interval of a share; nothing where there is none."""
    return "" if ends is None else f"{percent(ends['low'])} to {percent(ends['high'])}"


def rows_from_matrix(run: RunRecord) -> list[dict[str, Any]]:
    """Scores of classes from the confusion matrix, for runs without intervals."""
    matrix = np.array(run.summary.get("confusion") or [[]])
    if matrix.ndim != 2 or matrix.shape[0] != len(run.classes):
        return []
    hits = np.diag(matrix)
    true, taken = matrix.sum(axis=1), matrix.sum(axis=0)
    return [
        {
            "name": name,
            "recall": float(hits[n] / max(true[n], 1)),
            "precision": float(hits[n] / max(taken[n], 1)),
            "f1": float(2 * hits[n] / max(true[n] + taken[n], 1)),
            "support": int(true[n]),
        }
        for n, name in enumerate(run.classes)
    ]


def _rates(rates: Sequence[float]) -> str:
    different = sorted({f"{rate:.1e}": None for rate in rates}, key=float)
    return " / ".join(different)
