"""How probabilities become an answer: a class, some labels, or "not sure".

The same rules serve predictions, the exported model and the server; nothing here
needs torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from unfreeze.errors import PlanError
from unfreeze.records import RejectAt, Task

__all__ = [
    "NOT_SURE",
    "NO_NUMBER",
    "USUAL_THRESHOLD",
    "Answering",
    "are_numbers",
    "labels_in_words",
    "require_one_limit",
    "separator_of",
]

_SEPARATORS = (" ", ";", "|", "\t")

NOT_SURE = "not sure"
"""Stands for the label of an answer that is too improbable to be given."""

NO_NUMBER = "The model's answer is not a number. Use it in fp32, or train it again."
"""Why a photo has no answer that could be read; as of one that cannot be read."""

USUAL_THRESHOLD = 0.5
"""Of a label: named when it is more probable than not. With probabilities that are
right no other threshold makes fewer mistakes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answering:
    """What a model may answer, and from which probability on."""

    classes: tuple[str, ...]
    """In the order of the probabilities."""

    task: Task = Task.SINGLE
    thresholds: tuple[float, ...] | None = None
    """Of a model for several labels; ``USUAL_THRESHOLD`` for each unless given."""

    reject: tuple[RejectAt, ...] = ()
    """What was measured; rising with precision."""

    unpromised: str = ""
    """Why no precision can be promised, and what to do, in sentences; empty where it
    was measured on probabilities like these."""

    def label(self, probs: Float[np.ndarray, " K"], least: float | None = None) -> str:
        """Name the most probable class.

        From a model for several labels: those that are there, as ``labels_in_words``
        writes them.

        Args:
            probs: Of each class, 0 to 1.
            least: An answer with a probability below it is ``NOT_SURE`` instead. From a
                model for several labels: the threshold of each, instead of its own.
        """
        if self.task is Task.MULTI:
            return labels_in_words(probs, self.classes, self._limits(least))
        if not self.is_sure(probs, least):
            return NOT_SURE
        return self.classes[int(probs.argmax())]

    def labels(
        self, probs: Float[np.ndarray, " K"], least: float | None = None
    ) -> tuple[str, ...] | None:
        """Names of the labels that are there, in the order of the classes.

        Args:
            probs: Of each class, 0 to 1.
            least: The threshold of each label, instead of the model's.

        Returns:
            None from a model whose classes exclude each other.
        """
        if self.task is not Task.MULTI:
            return None
        return _labels(probs, self.classes, self._limits(least))

    def is_sure(self, probs: Float[np.ndarray, " K"], least: float | None) -> bool:
        """Whether an answer is given: always, where any number of labels is one."""
        return self.task is Task.MULTI or least is None or bool(probs.max() >= least)

    def least_probability(
        self, threshold: float | None, precision: float | None
    ) -> float | None:
        """The probability below which an answer, or a label, is not given.

        Args:
            threshold: The probability itself, 0 to 1.
            precision: Or the share of given answers that shall be right, above 0, at
                most 1.

        Returns:
            None where every answer is to be given, and labels as the model has it.

        Raises:
            PlanError: If both are given, one is out of range, the precision cannot be
                promised, or it is asked for where photos carry several labels.
        """
        require_one_limit(threshold, precision)
        if precision is None:
            return threshold
        if self.task is Task.MULTI:
            raise PlanError(
                "This model names any number of labels for a photo, and was not "
                "measured for a precision of them. Pass a threshold instead: labels "
                "above that probability are named."
            )
        if self.unpromised:
            raise PlanError(self.unpromised)
        return self._least_for(precision)

    def _limits(self, least: float | None) -> tuple[float, ...] | None:
        return self.thresholds if least is None else (least,) * len(self.classes)

    def _least_for(self, precision: float) -> float:
        for each in self.reject:
            if each.precision >= precision:
                return each.threshold
        best = f"up to {self.reject[-1].precision:g}" if self.reject else "none at all"
        raise PlanError(
            f"No probability of this model promises a precision of {precision:g}: its "
            f"validation photos were enough for {best}. Ask for less, pass a threshold "
            "of your own, or train with more validation photos."
        )


def are_numbers(probs: Float[np.ndarray, "*N K"]) -> Bool[np.ndarray, "*N"]:
    """Whether all probabilities of a photo are numbers; else it has no answer."""
    return np.isfinite(probs).all(axis=-1)


def require_one_limit(threshold: float | None, precision: float | None) -> None:
    """Refuse two ways at once of saying when an answer is not sure enough.

    Args:
        threshold: A probability, 0 to 1.
        precision: A share of answers, above 0, at most 1.

    Raises:
        PlanError: If both are given, or one is out of range or not a number.
    """
    if threshold is not None and precision is not None:
        raise PlanError(
            "A threshold and a minimum precision exclude each other: pass one of them."
        )
    if threshold is not None and not 0 <= threshold <= 1:
        raise PlanError(
            f"A threshold is a probability from 0 to 1, got {threshold:g}. Pass 0.8 to "
            "be sure from a probability of 80 % on."
        )
    if precision is not None and not 0 < precision <= 1:
        raise PlanError(
            f"A minimum precision is a share above 0 and at most 1, got {precision:g}. "
            "Pass 0.99 to have 99 of 100 answers right."
        )


def labels_in_words(
    probs: Float[np.ndarray, " K"],
    classes: Sequence[str],
    thresholds: Sequence[float] | None,
) -> str:
    """Names of the labels above their thresholds, ``USUAL_THRESHOLD`` by default.

    ``separator_of(classes)`` stands between them.
    """
    return separator_of(classes).join(_labels(probs, classes, thresholds))


def separator_of(classes: Sequence[str]) -> str:
    """What can stand between labels: a space, or what no name of a class holds.

    Example:
        >>> separator_of(["cat", "dog"]), separator_of(["great dane", "pug"])
        (' ', ';')
    """
    free = (each for each in _SEPARATORS if not any(each in name for name in classes))
    return next(free, _SEPARATORS[-1])


def _labels(
    probs: Float[np.ndarray, " K"],
    classes: Sequence[str],
    thresholds: Sequence[float] | None,
) -> tuple[str, ...]:
    limits = thresholds or [USUAL_THRESHOLD] * len(classes)
    found = zip(classes, probs, limits, strict=True)
    return tuple(name for name, prob, limit in found if prob > limit)
