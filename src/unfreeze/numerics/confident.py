"""Which labels the probabilities of an honest model contradict.

Confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating
uncertainty in dataset labels", 2021): a row is suspect when it is as probable in
another class as the rows of that class are on average, and more so than in its own.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int

__all__ = ["class_thresholds", "label_doubts", "suspects"]

_ROUNDING = 1e-6


def class_thresholds(
    probs: Float64[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]
) -> Float64[np.ndarray, " K"]:
    """Mean probability of each class among the rows that carry its label.

    A class without rows gets a threshold that nothing reaches.
    """
    own = probs[np.arange(len(labels)), labels]
    counts = np.bincount(labels, minlength=probs.shape[1])
    sums = np.bincount(labels, weights=own, minlength=probs.shape[1])
    return np.where(counts, sums / np.maximum(counts, 1), np.inf)


def suspects(
    probs: Float64[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]
) -> Bool[np.ndarray, " N"]:
    """Find the rows that count off the diagonal of the confident joint.

    Args:
        probs: Of each class, from models that did not learn from the row itself.
        labels: Given class of each row.
    """
    is_confident = probs >= class_thresholds(probs, labels) - _ROUNDING
    likely = np.where(is_confident, probs, -1.0).argmax(axis=1)
    is_off = is_confident.any(axis=1) & (likely != labels)
    return is_off & (probs.argmax(axis=1) != labels)


def label_doubts(
    probs: Float64[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]
) -> Float64[np.ndarray, " N"]:
    """How little each label is believed: 0 not doubted at all, 1 entirely.

    The margin by which the most probable other class leads, scaled to 0-1.
    """
    rows = np.arange(len(labels))
    own = probs[rows, labels]
    others = probs.copy()
    others[rows, labels] = -np.inf
    lead = others.max(axis=1) if probs.shape[1] > 1 else -own
    return (1 + lead - own) / 2
