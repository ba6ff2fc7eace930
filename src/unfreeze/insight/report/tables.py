"""Tables of a report, and the words in their cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unfreeze.insight.report.record import RunRecord
from unfreeze.insight.wording import counted, duration, ordinal, percent

__all__ = [
    "Step",
    "Table",
    "by_f1",
    "by_recall",
    "class_rows",
    "class_table",
    "interval_in_words",
    "number_of_kept",
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
    at_the_end: str = ""
    """Losses and accuracy, or F2, after its last epoch."""

    kept: str = ""
    """The same after its best epoch, if its weights are those that the run kept."""


def step_in_words(step: Mapping[str, Any], *, is_kept: bool = False) -> Step:
    """Say what one entry of ``steps`` in ``summary.json`` holds.

    Args:
        step: The entry.
        is_kept: Whether the weights of its best epoch are those that the run kept.
    """
    facts = []
    if step["epochs"]:
        facts.append(counted(step["epochs"], "epoch"))
    if step["lr"]:
        facts.append(f"rate {_rates(step['lr'])}")
    if step["images_per_second"] is not None:
        facts.append(f"{step['images_per_second']:,.0f} photos a second")
    note = step.get("note", "")
    time = duration(step["seconds"])
    return Step(
        step["name"],
        time,
        tuple(facts),
        note,
        _at_the_end(step),
        _kept(step) if is_kept else "",
    )


def number_of_kept(steps: Sequence[Mapping[str, Any]]) -> int | None:
    """Which step the kept weights are from; None in runs that did not note it."""
    found = [at for at, step in enumerate(steps) if step.get("best_epoch") is not None]
    return found[-1] if found else None


def interval_in_words(ends: Mapping[str, float] | None) -> str:
    """Write an interval of a share; nothing where there is none."""
    return "" if ends is None else f"{percent(ends['low'])} to {percent(ends['high'])}"


def class_rows(run: RunRecord) -> Sequence[Mapping[str, Any]]:
    """Scores of each class, as the run kept them or from its confusion matrix."""
    return run.scores.get("per_class") or _rows_from_matrix(run)


def by_recall(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Classes in order, the least recognised first, those without photos last."""
    return sorted(rows, key=lambda row: (not row["support"], row["recall"], row["f1"]))


def by_f1(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Labels in order, the lowest F1 first, those without photos last.

    Thresholds of labels can be so low that all photos of a label are found, and many
    others: recall alone hides that.
    """
    return sorted(rows, key=lambda row: (not row["support"], row["f1"], row["recall"]))


def class_table(run: RunRecord, most: int) -> Table | None:
    """Scores of every class, the weakest first: by recall, or by F1 of several labels.

    Args:
        run: With or without scores of classes.
        most: Rows to show; the others are counted.
    """
    rows = (by_f1 if run.is_multi else by_recall)(class_rows(run))
    if not rows:
        return None
    name = "label" if run.is_multi else "class"
    titles = (name, "recognised", "95 % interval", "precision", "F1", "photos")
    cells = [_class_in_cells(row) for row in rows[:most]]
    if len(rows) > most:
        more = f"and {len(rows) - most:,} more, in summary.json"
        cells.append((more, *[""] * (len(titles) - 1)))
    return Table(titles, cells)


def _class_in_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    if not row["support"]:  # of which nothing was measured
        return (row["name"], "", "", "", "", "0")
    return (
        row["name"],
        percent(row["recall"]),
        interval_in_words(row.get("recall_interval")),
        percent(row["precision"]),
        f"{row['f1']:.3f}",
        f"{row['support']:,}",
    )


def _rows_from_matrix(run: RunRecord) -> list[dict[str, Any]]:
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


def _at_the_end(step: Mapping[str, Any]) -> str:
    figures = []
    for words, key in (("training", "train_loss"), ("validation", "valid_loss")):
        if step[key] is not None:
            figures.append(f"{words} loss {step[key]:.3f}")
    if step["accuracy"] is not None:
        figures.append(f"accuracy {percent(step['accuracy'])}")
    if step.get("f2") is not None:
        figures.append(f"F2 at its best threshold {step['f2']:.3f}")
    return f"after its last epoch: {' · '.join(figures)}" if figures else ""


def _kept(step: Mapping[str, Any]) -> str:
    figures = []
    if step["best_valid_loss"] is not None:
        figures.append(f"validation loss {step['best_valid_loss']:.3f}")
    if step["best_accuracy"] is not None:
        figures.append(f"accuracy {percent(step['best_accuracy'])}")
    if step.get("best_f2") is not None:
        figures.append(f"F2 at its best threshold {step['best_f2']:.3f}")
    which = f"the {ordinal(step['best_epoch'])} of {counted(step['epochs'], 'epoch')}"
    return ": ".join(
        filter(None, (f"the weights kept are those of {which}", " · ".join(figures)))
    )


def _rates(rates: Sequence[float]) -> str:
    different = sorted({f"{rate:.1e}": None for rate in rates}, key=float)
    return " / ".join(different)
