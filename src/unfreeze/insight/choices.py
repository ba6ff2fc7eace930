"""Which photos of a split to look at: the surest, the worst, the undecided.

Every choice is row numbers of the predictions, the most telling first, ties in the
order of the index. Where fewer rows fit than were asked for, fewer come back; that may
be none at all: a model without a mistake has no most incorrect photo.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from unfreeze.errors import DataError
from unfreeze.numerics.proper import log_of_no
from unfreeze.records import Predictions

__all__ = [
    "ConfusedPair",
    "as_yes_or_no",
    "mistaken_for",
    "most_confused",
    "most_correct",
    "most_incorrect",
    "most_uncertain",
    "predicted_of",
    "row_losses",
    "top_losses",
]


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """One class that was taken for another."""

    true: int
    """Number of the class that the photos belong to."""

    predicted: int
    """Number of the class that they were taken for."""

    count: int
    """How many were."""

    share: float
    """The same as a share of all photos of the true class, 0 to 1."""


def most_correct(
    said: Predictions, count: int = 4, *, of_class: int | None = None
) -> Int[np.ndarray, " M"]:
    """Rightly classified rows, the surest first.

    Args:
        said: Predictions with one label per photo.
        count: Rows at most.
        of_class: Only photos that belong to this class.

    Raises:
        DataError: If there is not one label per photo, or no such class.
    """
    labels = _labels_of(said)
    fitting = _belong(said, of_class) & (predicted_of(said) == labels)
    return _first(fitting, -_log_prob_of_label(said), count)


def most_incorrect(
    said: Predictions, count: int = 4, *, of_class: int | None = None
) -> Int[np.ndarray, " M"]:
    """Wrongly classified rows, those first that gave their true class the least.

    Args:
        said: Predictions with one label per photo.
        count: Rows at most.
        of_class: Only photos that belong to this class, whatever they were taken for.

    Raises:
        DataError: If there is not one label per photo, or no such class.
    """
    labels = _labels_of(said)
    fitting = _belong(said, of_class) & (predicted_of(said) != labels)
    return _first(fitting, _log_prob_of_label(said), count)


def most_uncertain(
    said: Predictions, count: int = 4, *, of_class: int | None = None
) -> Int[np.ndarray, " M"]:
    """Rows whose two most probable classes lie closest together, right or wrong.

    With two classes, these are the probabilities nearest to one half.

    Args:
        said: Predictions; without a class, labels are not needed.
        count: Rows at most.
        of_class: Only photos that belong to this class.

    Raises:
        DataError: If a class is given, and there is not one label per photo or no such
            class.
    """
    probs = said.probs
    if probs.shape[1] < 2:
        gaps = np.ones(len(probs))
    else:
        runner_up, best = np.partition(probs, -2, axis=1)[:, -2:].T
        gaps = best - runner_up
    return _first(_belong(said, of_class), gaps, count)


def top_losses(said: Predictions, count: int = 9) -> Int[np.ndarray, " M"]:
    """Rows with the largest losses, largest first; right answers may be among them.

    Raises:
        DataError: If there are no labels.
    """
    losses = row_losses(said)
    return _first(np.ones(len(losses), dtype=bool), -losses, count)


def row_losses(said: Predictions) -> Float[np.ndarray, " N"]:
    """Loss of each photo, in nats.

    Cross entropy for one label; for several, the mean over classes of the binary cross
    entropy.

    Raises:
        DataError: If there are no labels.
    """
    if said.labels is None:
        raise DataError(_NO_LABELS)
    if said.labels.ndim == 1:
        return said.losses()
    yes, no = said.log_probs, log_of_no(said.log_probs)
    return -np.where(said.labels > 0, yes, no).mean(axis=1)


def most_confused(
    matrix: Int[np.ndarray, "K K"], at_least: int = 1
) -> tuple[ConfusedPair, ...]:
    """Pairs of classes that were confused, the most frequent first.

    Of equally frequent pairs, the one comes first that is the larger share of its true
    class.

    Args:
        matrix: Counts, true classes in rows, predicted ones in columns.
        at_least: Leave out pairs that were confused less often.
    """
    counts = np.asarray(matrix)
    sizes = counts.sum(axis=1)
    pairs = [
        ConfusedPair(
            int(true), int(predicted), int(counts[true, predicted]),
            float(counts[true, predicted] / sizes[true]),
        )
        for true, predicted in np.argwhere(counts >= max(at_least, 1))
        if true != predicted
    ]  # fmt: skip
    return tuple(sorted(pairs, key=lambda pair: (-pair.count, -pair.share)))


def mistaken_for(
    said: Predictions, true: int, predicted: int, count: int = 4
) -> Int[np.ndarray, " M"]:
    """Rows of one class that were taken for another, the surest first.

    Raises:
        DataError: If there is not one label per photo, or no such class.
    """
    _require_class(said, predicted)
    fitting = _belong(said, true) & (predicted_of(said) == predicted)
    return _first(fitting, -said.log_probs[:, predicted], count)


def as_yes_or_no(said: Predictions, class_number: int) -> Predictions:
    """Look at one class of a multi-label split as at a split with two classes.

    Class 0 is "not" the class, class 1 is the class. So all questions of this module
    can be asked about it.

    Raises:
        DataError: If photos do not carry several labels, or there is no such class.
    """
    _require_class(said, class_number)
    if said.labels is None or said.labels.ndim != 2:
        raise DataError(
            "These photos do not carry several labels each, so no class of them is a "
            "matter of yes or no. Use the predictions as they are."
        )
    yes = said.log_probs[:, class_number]
    return Predictions(
        names=said.names,
        classes=(
            f"not {said.classes[class_number]}",
            said.classes[class_number],
        ),
        log_probs=np.stack([log_of_no(yes), yes], axis=1),
        labels=(said.labels[:, class_number] > 0).astype(np.int64),
    )


def predicted_of(said: Predictions) -> Int[np.ndarray, " N"]:
    """Most probable class of each row."""
    return said.log_probs.argmax(axis=1)


_NO_LABELS = (
    "These photos have no labels, so nothing can be right or wrong. Use a labelled "
    "split."
)


def _labels_of(said: Predictions) -> Int[np.ndarray, " N"]:
    if said.labels is None:
        raise DataError(_NO_LABELS)
    if said.labels.ndim != 1:
        raise DataError(
            "These photos carry several labels each, expected one. Look at one class "
            "of them with as_yes_or_no."
        )
    return said.labels


def _log_prob_of_label(said: Predictions) -> Float[np.ndarray, " N"]:
    return said.log_probs[np.arange(len(said.log_probs)), _labels_of(said)]


def _belong(said: Predictions, of_class: int | None) -> Bool[np.ndarray, " N"]:
    if of_class is None:
        return np.ones(len(said.log_probs), dtype=bool)
    _require_class(said, of_class)
    return _labels_of(said) == of_class


def _require_class(said: Predictions, number: int) -> None:
    if not 0 <= number < len(said.classes):
        raise DataError(
            f"There is no class {number}: expected 0 to {len(said.classes) - 1}, for "
            f"{_listed(said.classes)}."
        )


def _listed(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:5])
    return shown if len(classes) <= 5 else f"{shown} and {len(classes) - 5} more"


def _first(
    fitting: Bool[np.ndarray, " N"], keys: Float[np.ndarray, " N"], count: int
) -> Int[np.ndarray, " M"]:
    """The fitting rows with the smallest keys."""
    rows = np.flatnonzero(fitting)
    return rows[np.argsort(keys[rows], kind="stable")[: max(count, 0)]]
