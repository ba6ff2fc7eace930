"""How probabilities become an answer: a class, some labels, or "not sure".

The same rules serve predictions, the exported model and the server; nothing here
needs torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unfreeze.errors import PlanError
from unfreeze.records import RejectAt, Task

__all__ = [
    "NOT_SURE",
    "Answering",
    "labels_in_words",
    "require_one_limit",
    "separator_of",
]

_SEPARATORS = (" ", ";", "|", "\t")

NOT_SURE = "not sure"
"""Stands for the label of an answer that is too improbable to be given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answering:
    """What a model may answer, and from which probability on."""

    classes: tuple[str, ...]
    """In the order of the probabilities."""

    task: Task = Task.SINGLE
    thresholds: tuple[float, ...] | None = None
    """Of a model for several labels; 0.5 for each unless given."""

    reject: tuple[RejectAt, ...] = ()
    """What was measured; rising with precision."""

    def label(self, probs: Float[np.ndarray, " K"], least: float | None = None) -> str:
        """Name the most probable class.

        From a model for several labels: those that are there, as ``labels_in_words``
        writes them.

        Args:
            probs: Of each class, 0 to 1.
            least: An answer with a probability below it is ``NOT_SURE`` instead.
        """
        if least is not None and probs.max() < least:
            return NOT_SURE
        if self.task is Task.MULTI:
            return labels_in_words(probs, self.classes, self.thresholds)
        return self.classes[int(probs.argmax())]

    def labels(self, probs: Float[np.ndarray, " K"]) -> tuple[str, ...] | None:
        """Names of the labels that are there, in the order of the classes.

        Returns:
            None from a model whose classes exclude each other.
        """
        if self.task is not Task.MULTI:
            return None
        return _labels(probs, self.classes, self.thresholds)

    def least_probability(
        self, threshold: float | None, precision: float | None
    ) -> float | None:
        """The probability below which an answer is not sure enough.

        Args:
            threshold: The probability itself.
            precision: Or the share of given answers that shall be right, above 0.

        Returns:
            None where every answer is to be given.

        Raises:
            PlanError: If both are given, the precision cannot be promised, or photos
                carry several labels, each of which has a threshold already.
        """
        require_one_limit(threshold, precision)
        if threshold is None and precision is None:
            return None
        if self.task is Task.MULTI:
            raise PlanError(
                "This model names any number of labels for a photo, each above a "
                "threshold of its own. Leave --threshold and --min-precision out."
            )
        if precision is None:
            return threshold
        return self._least_for(precision)

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


def require_one_limit(threshold: float | None, precision: float | None) -> None:
    """Refuse two ways at once of saying when an answer is not sure enough.

    Raises:
        PlanError: If both are given.
    """
    if threshold is not None and precision is not None:
        raise PlanError("--threshold and --min-precision exclude each other: pass one.")


def labels_in_words(
    probs: Float[np.ndarray, " K"],
    classes: Sequence[str],
    thresholds: Sequence[float] | None,
) -> str:
    """Names of the labels whose probability is above its threshold, 0.5 by default.

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
    limits = [0.5] * len(classes) if thresholds is None else thresholds
    found = zip(classes, probs, limits, strict=True)
    return tuple(name for name, prob, limit in found if prob > limit)
