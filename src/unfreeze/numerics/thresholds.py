"""From which probability on a label counts as found, where images carry several."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from unfreeze.errors import DataError

__all__ = ["best_threshold", "fbeta_along"]

_CANDIDATES = tuple(percent / 100 for percent in range(2, 99))


def best_threshold(
    probs: Float[np.ndarray, "N K"],
    labels: Float[np.ndarray, "N K"],
    beta: float = 2,
    candidates: Sequence[float] = _CANDIDATES,
) -> float:
    """Find one threshold for all labels, as ``opt_th`` of the lesson does.

    It makes F-beta highest, averaged over images; of several equally good ones the
    middle one is taken, which is the least likely to be off on new images.

    Args:
        probs: Probabilities of a model for several labels.
        labels: Rows of 0s and 1s.
        beta: How many times as much recall matters as precision.
        candidates: Thresholds to try, 0.02 to 0.98 unless given. The lesson's are 0.17
            to 0.23.

    Raises:
        DataError: If there are no images, or shapes do not fit.
    """
    _require_fit(probs, labels)
    present = labels > 0.5
    scores = [
        fbeta_along(probs > candidate, present, beta, axis=1).mean()
        for candidate in candidates
    ]
    return candidates[_middle_of_best(np.array(scores))]


def fbeta_along(
    found: Bool[np.ndarray, "N K"],
    present: Bool[np.ndarray, "N K"],
    beta: float,
    *,
    axis: int,
) -> Float[np.ndarray, " U"]:
    """F-beta of each label (axis 0) or of each image (axis 1), 0 to 1.

    A score of nothing out of nothing is 0.
    """
    right = (found & present).sum(axis=axis)
    whole = beta**2 * present.sum(axis=axis) + found.sum(axis=axis)
    return (1 + beta**2) * right / np.maximum(whole, 1)


def _middle_of_best(scores: Float[np.ndarray, " C"]) -> int:
    """Position in the middle of the first run of highest scores."""
    is_best = scores == scores.max()
    first = int(is_best.argmax())
    after = np.flatnonzero(~is_best[first:])
    length = int(after[0]) if len(after) else len(scores) - first
    return first + (length - 1) // 2


def _require_fit(
    probs: Float[np.ndarray, "N K"], labels: Float[np.ndarray, "N K"]
) -> None:
    if probs.ndim != 2 or probs.shape != labels.shape or len(probs) == 0:
        raise DataError(
            f"Probabilities of shape {probs.shape} and labels of shape {labels.shape} "
            "do not fit. Expected (images, labels) for both, and one image or more."
        )
