"""A table for a competition: an id for each photo, and what it asks for beside it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64

from unfreeze.answering import Answering
from unfreeze.data.wording import listed
from unfreeze.errors import DataError, PlanError
from unfreeze.records import Task

__all__ = ["Style", "Submission", "SubmissionColumns", "id_order", "photo_id"]

Style = Literal["label", "probability", "probabilities"]
"""The label (or all labels, as ``labels_in_words`` has them), the probability of one
class, or those of all classes."""

_LEAST = 1e-7
"""Probabilities stay this far from 0 and 1. In single precision nothing between is told
apart from 1, and the log loss of a wrong answer that is certain is without end."""


def photo_id(name: str) -> str:
    """The id of a photo: the name of its file, without folder and ending.

    Example:
        >>> photo_id("test1/12.jpg")
        '12'
    """
    return PurePath(name).stem


def id_order(photos: Sequence[str]) -> Int64[np.ndarray, " N"] | None:
    """The order of rows: by number where all ids are numbers; None as photos stand.

    Raises:
        DataError: If two photos have the same id.
    """
    ids = [photo_id(name) for name in photos]
    if len(set(ids)) < len(ids):
        twice = next(each for each, times in Counter(ids).items() if times > 1)
        both = [name for name in photos if photo_id(name) == twice]
        raise DataError(
            f"{len(both)} photos have the id {twice!r}: {listed(both, 2)}. A "
            "submission has one row for each id: name the photos of one folder."
        )
    if all(each.isascii() and each.isdecimal() for each in ids):
        digits = [each.lstrip("0") for each in ids]  # as numbers, however long
        order = sorted(
            range(len(ids)), key=lambda row: (len(digits[row]), digits[row], ids[row])
        )
        return np.array(order, dtype=np.int64)
    return None


@dataclass(frozen=True, slots=True)
class Submission:
    """What a competition asks for.

    Raises:
        PlanError: If something is said of it that there is no use for.
    """

    file: Path | None
    """None where no submission is wanted."""

    style: Style = "label"
    positive: str | None = None
    """The class whose probability is asked for; of two, the second unless given."""

    def __post_init__(self) -> None:
        if self.file is None and (self.style, self.positive) != ("label", None):
            raise PlanError(
                "--style and --positive say what a submission holds, and none is "
                "written. Pass --submission FILE with them."
            )
        if self.positive is not None and self.style != "probability":
            raise PlanError(
                f"--positive {self.positive} goes with --style probability, and the "
                f"style is {self.style}. Leave it out, or change the style."
            )

    def require_use(self, threshold: float | None, precision: float | None) -> None:
        """Refuse to write "not sure" where every photo needs an answer.

        Raises:
            PlanError: If a limit is given for a submission.
        """
        if self.file is not None and (threshold, precision) != (None, None):
            raise PlanError(
                "A submission has an answer for every photo, sure or not. Leave "
                "--threshold and --min-precision out, or write --csv by itself."
            )

    def columns(self, rules: Answering) -> "SubmissionColumns":
        """What stands in the table of a model.

        Raises:
            PlanError: If the probability of one class is asked for, and which is not
                said or not known.
        """
        if self.style != "probability":
            return SubmissionColumns(rules, self.style)
        positive = self.positive
        if positive is None and len(rules.classes) == 2 and rules.task is Task.SINGLE:
            positive = rules.classes[1]
        if positive not in rules.classes:
            found = "none is named" if positive is None else f"{positive!r} is not one"
            raise PlanError(
                f"--style probability gives that of one class, and {found} of "
                f"{listed(rules.classes)}. Pass --positive with one of them."
            )
        return SubmissionColumns(rules, self.style, rules.classes.index(positive))


@dataclass(frozen=True, slots=True)
class SubmissionColumns:
    """Id and label, as competitions ask for; ``Submission.columns`` makes one.

    Ids and labels are written as they are, since a competition compares them. A photo
    that cannot be read has no label, or the probability of one who knows nothing.
    """

    rules: Answering
    style: Style
    positive: int = 0
    """Number of the class whose probability is asked for, if one is."""

    @property
    def titles(self) -> list[str]:
        """Of the columns, in their order."""
        is_multi = self.rules.task is Task.MULTI
        title, what = ("image_name", "tags") if is_multi else ("id", "label")
        if self.style == "probabilities":
            return [title, *self.rules.classes]
        return [title, "label" if self.style == "probability" else what]

    def begin(self, name: str) -> str:
        """First cell of the row of a photo."""
        return photo_id(name)

    def order(self, photos: Sequence[str]) -> Int64[np.ndarray, " N"] | None:
        """As ``id_order`` has it."""
        return id_order(photos)

    def cells(
        self, name: str, probs: Float[np.ndarray, " K"], error: str | None
    ) -> list[str]:
        """The row of a photo."""
        if self.style == "label":
            label = self.rules.label(probs) if error is None else ""
            return [self.begin(name), label]
        if error is not None:
            is_multi = self.rules.task is Task.MULTI
            probs = np.full(len(probs), 0.5 if is_multi else 1 / len(probs))
        shares = [f"{each:.7f}" for each in probs.clip(_LEAST, 1 - _LEAST).tolist()]
        if self.style == "probability":
            return [self.begin(name), shares[self.positive]]
        return [self.begin(name), *shares]
