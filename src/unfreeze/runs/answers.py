"""Answers as rows of a table, and as what ``--json`` prints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unfreeze.answering import NOT_SURE, Answering, separator_of
from unfreeze.data.csv_cells import as_cell, from_cell
from unfreeze.records import Skipped, Task
from unfreeze.runs.blocks import Block

__all__ = ["AnswerColumns", "GivenAnswer", "answers_in", "are_titles_of_answers"]

_FIRST_TITLES = ["file", "label", "probability"]
_LAST_TITLE = "error"


def are_titles_of_answers(titles: Sequence[str]) -> bool:
    """Whether a table with these titles is one of answers, whatever the classes."""
    return [*titles[:3], *titles[-1:]] == [*_FIRST_TITLES, _LAST_TITLE]


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What is said of one photo."""

    file: str
    label: str
    probability: float
    """The highest, 0 to 1; with several labels too."""

    probabilities: list[float]
    """In the order of the classes."""

    is_sure: bool = True
    """False below the probability from which on answers are given."""

    labels: tuple[str, ...] | None = None
    """From a model for several labels: those that are there."""

    def as_json(self, classes: tuple[str, ...]) -> dict[str, Any]:
        """The answer as other programs read it, and as the server gives it."""
        content: dict[str, Any] = {
            "file": self.file,
            "label": self.label,
            "probability": self.probability,
            "is_sure": self.is_sure,
            "probabilities": dict(zip(classes, self.probabilities, strict=True)),
        }
        if self.labels is not None:
            content["labels"] = list(self.labels)
        return content


def answers_in(
    block: Block, rules: Answering, least: float | None = None
) -> Iterator[GivenAnswer]:
    """Answer the photos of a block that can be read.

    Args:
        block: What a model says.
        rules: How that becomes answers.
        least: Answers with a probability below it are ``NOT_SURE``.
    """
    for name, probs, error in block.rows():
        if error is None:
            yield GivenAnswer(
                name,
                rules.label(probs, least),
                float(probs.max()),
                probs.tolist(),
                rules.is_sure(probs, least),
                rules.labels(probs, least),
            )


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """File, label, probability, one column per class, and why a photo has no answer."""

    rules: Answering
    least: float | None = None
    """Answers with a probability below it are not sure."""

    @property
    def titles(self) -> list[str]:
        """Of the columns, in their order."""
        classes = map(as_cell, self.rules.classes)
        return [*_FIRST_TITLES, *classes, _LAST_TITLE]

    def begin(self, name: str) -> str:
        """First cell of the row of a photo."""
        return as_cell(name)

    def order(self, photos: Sequence[str]) -> None:
        """Rows stand as the photos do."""

    def answer(self, name: str, row: Sequence[str]) -> "GivenAnswer | Skipped":
        """What the row of a photo says: an answer with its figures, or the reason."""
        _, cell, probability, *shares, error = row
        if error:
            return Skipped(name, from_cell(error))
        label, rules = from_cell(cell), self.rules
        probs = np.array([float(each) for each in shares])
        is_sure, labels = (
            rules.is_sure(probs, self.least),
            rules.labels(probs, self.least),
        )
        if rules.label(probs, self.least) != label:
            # The figures are rounded, and one stood at its limit: the label did not.
            is_sure = rules.task is Task.MULTI or label != NOT_SURE
            labels = None if labels is None else _parted(label, rules.classes)
        return GivenAnswer(
            name, label, float(probability), probs.tolist(), is_sure, labels
        )

    def cells(
        self, name: str, probs: Float[np.ndarray, " K"], error: str | None
    ) -> list[str]:
        """The row of a photo: its probabilities, or why it cannot be read."""
        if error is not None:
            nothing = [""] * (2 + len(self.rules.classes))
            return [self.begin(name), *nothing, as_cell(error)]
        label = as_cell(self.rules.label(probs, self.least))
        shares = [f"{each:.6f}" for each in (probs.max(), *probs.tolist())]
        return [self.begin(name), label, *shares, ""]


def _parted(label: str, classes: Sequence[str]) -> tuple[str, ...]:
    named = set(label.split(separator_of(classes)))
    return tuple(each for each in classes if each in named)
