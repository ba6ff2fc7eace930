"""Scores of predictions, from numpy arrays, torch tensors, or one of each.

Every function takes a whole split at once: scores that are averaged over batches are
biased where they do not decompose. Predictions may be probabilities,
log-probabilities or logits, of shape (N, K), or a stack of several predictions of
shape (V, N, K) that is averaged first: N images, K classes, V views or models.
Targets are N class numbers, or (N, K) rows of 0s and 1s for several labels.

Where a threshold matters, predictions between 0 and 1 throughout are taken for
probabilities, those at or below 0 throughout for log-probabilities, and the rest for
logits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int, Real

from unfreeze.errors import DataError
from unfreeze.numerics.arrays import Values, as_array

__all__ = [
    "Metric",
    "MetricFunction",
    "accuracy",
    "accuracy_multi",
    "accuracy_multi_np",
    "accuracy_np",
    "accuracy_thresh",
    "as_metric",
    "f1",
    "f1_np",
    "f2",
    "fbeta",
    "fbeta_np",
    "precision",
    "precision_np",
    "recall",
    "recall_np",
]

_F2_THRESHOLDS = tuple(
    percent / 100 for percent in range(17, 24)
)  # the lesson's search

MetricFunction: TypeAlias = Callable[[Values, Values], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A score with its name and its direction, used like the function it wraps."""

    name: str
    """Heads the column in which the score is printed."""

    function: MetricFunction
    """Takes predictions and targets of a whole split."""

    higher_is_better: bool = True
    """Which way the best model lies."""

    def __call__(self, preds: Values, targs: Values) -> float:
        """Score a whole split."""
        return float(self.function(preds, targs))


def as_metric(metric: Metric | MetricFunction) -> Metric:
    """Give a plain function its own name, and take higher values for better ones."""
    return metric if isinstance(metric, Metric) else Metric(_name_of(metric), metric)


def accuracy(preds: Values, targs: Values) -> float:
    """Share of images whose most probable class is the right one, 0 to 1.

    Raises:
        DataError: If shapes do not fit, or there are no images.

    Example:
        >>> accuracy([[0.9, 0.1], [0.2, 0.8]], [0, 0])
        0.5
    """
    scores, labels = _checked(preds, targs)
    if labels.ndim != 1:
        raise DataError(
            "accuracy expects one class number for each image, got targets of shape "
            f"{labels.shape}. For several labels, take accuracy_multi."
        )
    return float((scores.argmax(axis=1) == labels).mean())


def accuracy_multi(preds: Values, targs: Values, thresh: float = 0.5) -> float:
    """Share of all yes-or-no answers that are right, 0 to 1.

    Args:
        preds: Predictions of a model for several labels.
        targs: Rows of 0s and 1s.
        thresh: A probability above it means yes.

    Raises:
        DataError: If shapes do not fit, or there are no images.
    """
    scores, labels = _checked(preds, targs)
    if labels.ndim != 2:
        raise DataError(
            "accuracy_multi expects a row of 0s and 1s for each image, got targets of "
            f"shape {labels.shape}. For one label, take accuracy."
        )
    return float(((_independent_probs(scores) > thresh) == (labels > 0.5)).mean())


def accuracy_thresh(thresh: float) -> Metric:
    """Make the metric that is ``accuracy_multi`` at one threshold."""
    return Metric(
        f"accuracy_thresh({thresh:g})", partial(accuracy_multi, thresh=thresh)
    )


def precision(preds: Values, targs: Values, thresh: float = 0.5) -> float:
    """How much of what was found is right, 0 to 1. See ``fbeta`` for the averaging."""
    tally = _tally(preds, targs, thresh)
    return _mean_share(tally.right, tally.found)


def recall(preds: Values, targs: Values, thresh: float = 0.5) -> float:
    """How much of what is there was found, 0 to 1. See ``fbeta`` for the averaging."""
    tally = _tally(preds, targs, thresh)
    return _mean_share(tally.right, tally.present)


def fbeta(preds: Values, targs: Values, beta: float, thresh: float = 0.5) -> float:
    """Weigh precision and recall into one score, 0 to 1.

    With several labels the score of each image is averaged over images; with two
    classes it is that of class 1; with more, that of each class is averaged over
    classes. A score of nothing out of nothing is 0.

    Args:
        preds: Predictions.
        targs: Targets.
        beta: How many times as much recall matters as precision, above 0.
        thresh: A probability above it means yes, for several labels and for two
            classes. With more classes the most probable one counts.

    Raises:
        DataError: If shapes do not fit, or there are no images.
    """
    tally = _tally(preds, targs, thresh)
    return _mean_share(
        (1 + beta**2) * tally.right, beta**2 * tally.present + tally.found
    )


def f1(preds: Values, targs: Values, thresh: float = 0.5) -> float:
    """Score ``fbeta`` with precision and recall equally important."""
    return fbeta(preds, targs, 1, thresh)


def f2(
    preds: Values, targs: Values, thresholds: Sequence[float] = _F2_THRESHOLDS
) -> float:
    """Score ``fbeta`` with recall twice as important, at the best of ``thresholds``.

    The score of the lesson's satellite images. Because the threshold is picked on the
    same images, it flatters a little.
    """
    return max(fbeta(preds, targs, 2, thresh) for thresh in thresholds)


# The lesson's names for the same functions on arrays.
accuracy_np = accuracy
accuracy_multi_np = accuracy_multi
precision_np = precision
recall_np = recall
fbeta_np = fbeta
f1_np = f1


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """Counts of yes answers, for each unit over which a score is averaged."""

    right: Int[np.ndarray, " U"]
    found: Int[np.ndarray, " U"]
    present: Int[np.ndarray, " U"]


def _tally(preds: Values, targs: Values, thresh: float) -> _Tally:
    scores, labels = _checked(preds, targs)
    num_classes = scores.shape[1]
    if labels.ndim == 2:
        return _count(_independent_probs(scores) > thresh, labels > 0.5, axis=1)
    if num_classes == 2:
        found = _competing_probs(scores)[:, 1:] > thresh
        return _count(found, labels[:, None] == 1, axis=0)
    classes = np.arange(num_classes)
    found = scores.argmax(axis=1)[:, None] == classes
    return _count(found, labels[:, None] == classes, axis=0)


def _count(
    found: Bool[np.ndarray, "N C"], present: Bool[np.ndarray, "N C"], *, axis: int
) -> _Tally:
    return _Tally(
        right=(found & present).sum(axis=axis),
        found=found.sum(axis=axis),
        present=present.sum(axis=axis),
    )


def _mean_share(part: Real[np.ndarray, " U"], whole: Real[np.ndarray, " U"]) -> float:
    return float(np.where(whole > 0, part / np.maximum(whole, 1e-12), 0.0).mean())


def _checked(preds: Values, targs: Values) -> tuple[np.ndarray, np.ndarray]:
    scores, labels = as_array(preds), as_array(targs)
    scores = scores.astype(np.result_type(scores, np.float32), copy=False)
    if scores.ndim == 3:
        scores = _view_mean(scores)
    fits = scores.ndim == 2 and labels.shape in (scores.shape[:1], scores.shape)
    if not fits:
        raise DataError(
            f"Predictions of shape {scores.shape} and targets of shape {labels.shape} "
            "do not fit. Expected (images, classes), and (images,) or the same."
        )
    if len(scores) == 0:
        raise DataError("There is no score of 0 images. Check that the split has some.")
    return scores, labels


def _view_mean(
    stack: Float[np.ndarray, "V N K"],
) -> Float[np.ndarray, "N K"]:
    """Average probabilities; log-probabilities are recognised, logits cannot be."""
    is_log = bool((stack <= 0).all())
    return np.exp(stack).mean(axis=0) if is_log else stack.mean(axis=0)


def _competing_probs(scores: Float[np.ndarray, "N K"]) -> Float[np.ndarray, "N K"]:
    if _are_probs(scores):
        return scores
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _independent_probs(scores: Float[np.ndarray, "N K"]) -> Float[np.ndarray, "N K"]:
    if _are_probs(scores):
        return scores
    if (scores <= 0).all():
        return np.exp(scores)
    return 1 / (1 + np.exp(-np.clip(scores, -60, 60)))


def _are_probs(scores: Float[np.ndarray, "N K"]) -> bool:
    return bool((scores >= 0).all() and (scores <= 1).all())


def _name_of(function: MetricFunction) -> str:
    if isinstance(function, partial):
        return _name_of(function.func)
    if isinstance(function, FunctionType):
        return function.__name__
    return type(function).__name__
