"""Which labels the probabilities of an honest model contradict.

Confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating
uncertainty in dataset labels", 2021): a row is confidently in a class when it is as
probable there as the rows with that label are on average. How many rows are confidently
in another class than their label says tells how many labels are wrong.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int

__all__ = ["class_thresholds", "confident_joint", "label_doubts", "suspects"]

_ROUNDING = 1e-6


def class_thresholds(
    probs: Float64[np.ndarray, "N K"],
    labels: Int[np.ndarray, " N"],
    is_judged: Bool[np.ndarray, " K"],
) -> Float64[np.ndarray, " K"]:
    """Mean probability of each class among the rows that carry its label.

    A class without rows, or one that is not judged, gets a threshold that nothing
    reaches: where no model learned a class, the mean is 0, and everything would.
    """
    own = probs[np.arange(len(labels)), labels]
    counts = np.bincount(labels, minlength=probs.shape[1])
    sums = np.bincount(labels, weights=own, minlength=probs.shape[1])
    return np.where(is_judged & (counts > 0), sums / np.maximum(counts, 1), np.inf)


def confident_joint(
    probs: Float64[np.ndarray, "N K"],
    labels: Int[np.ndarray, " N"],
    is_judged: Bool[np.ndarray, " K"],
) -> Float64[np.ndarray, "K K"]:
    """Estimate how many rows carry which label (row) and are of which class (column).

    Rows are counted where they are confidently in a class, then scaled so that the
    counts of each label are those of all its rows. Of a class that is not judged,
    nothing is counted, neither as label nor as class.
    """
    num_classes = probs.shape[1]
    is_confident = probs >= class_thresholds(probs, labels, is_judged) - _ROUNDING
    likely = np.where(is_confident, probs, -1.0).argmax(axis=1)
    counted = is_confident.any(axis=1) & is_judged[labels]
    cells = labels[counted] * num_classes + likely[counted]
    joint = np.bincount(cells, minlength=num_classes**2).reshape(num_classes, -1)
    of_label = np.bincount(labels, minlength=num_classes)[:, None]
    return joint * of_label / np.maximum(joint.sum(axis=1, keepdims=True), 1)


def suspects(
    probs: Float64[np.ndarray, "N K"],
    labels: Int[np.ndarray, " N"],
    is_judged: Bool[np.ndarray, " K"],
) -> Bool[np.ndarray, " N"]:
    """Find as many rows as the confident joint counts errors, the likeliest ones.

    The paper calls it pruning by noise rate: of the rows labelled one class, those that
    lean most to another, as many as are estimated to be of it. Rows whose own label is
    the most probable one are left in peace, and so are those for which it is a class
    that is not judged.

    Args:
        probs: Of each class, from models that did not learn from the row itself.
        labels: Given class of each row.
        is_judged: Whether rows of a class may be suspects, and others be taken for it.
    """
    wrong = np.rint(confident_joint(probs, labels, is_judged)).astype(np.int64)
    np.fill_diagonal(wrong, 0)
    found = np.zeros(len(labels), dtype=bool)
    for label, other in np.argwhere(wrong).tolist():
        rows = np.flatnonzero(labels == label)
        lead = probs[rows, other] - probs[rows, label]
        order = np.argsort(-lead, kind="stable")
        found[rows[order[: wrong[label, other]]]] = True
    likely = probs.argmax(axis=1)
    return found & (likely != labels) & is_judged[likely]


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
    lead = others.max(axis=1) if probs.shape[1] > 1 else 0.0
    return (1 + lead - own) / 2
