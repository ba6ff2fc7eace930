"""Photos whose label, or whose presence, is to be doubted."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int, Shaped

from unfreeze.numerics.confident import label_doubts, suspects
from unfreeze.numerics.neighbours import neighbour_distances, robust_scores, scaled
from unfreeze.records import Finding

__all__ = ["label_suspects", "outliers"]

_LEAST_OF_CLASS = 5
"""Photos of a class, copies counted once, from which its labels can be judged."""

_NEIGHBOURS = 5
_FAR = 3.5
"""Robust standard deviations from which a photo is far from all others (Iglewicz and
Hoaglin, "How to detect and handle outliers", 1993)."""

_MOST_FAR = 0.2
"""Share of a class that can be far from all others. Where it is more, the class is of
several kinds of photos, such as real ones among dark frames, and none is the usual."""


def label_suspects(
    files: Sequence[str],
    classes: Sequence[str],
    labels: Int[np.ndarray, " N"],
    probs: Float64[np.ndarray, "N K"],
    groups: Int[np.ndarray, " N"],
    folds: Int[np.ndarray, " N"],
) -> list[Finding]:
    """Name the photos that most likely carry a wrong label, most suspicious first.

    A class of fewer than five groups, or of one fold, is left out: no head knew it when
    its own photos were asked about, so that nothing can be told of them, or from them.

    Args:
        files: Of each row.
        classes: Names in label order.
        labels: Given class of each row.
        probs: From heads that did not learn from the row itself.
        groups: Rows with the same number are copies of one photo.
        folds: Rows with the same number were asked about together, by one head.
    """
    num_photos = _num_apart(labels, groups, len(classes))
    num_folds = _num_apart(labels, folds, len(classes))
    is_judged = (num_photos >= _LEAST_OF_CLASS) & (num_folds > 1)
    doubts = label_doubts(probs, labels)
    rows = np.flatnonzero(suspects(probs, labels, is_judged))
    likely = probs.argmax(axis=1)
    return [
        Finding(
            kind="label_suspect",
            files=(files[row],),
            score=round(float(doubts[row]), 6),
            policy="kept",
            message=(
                f"Labelled {classes[labels[row]]!r}; a head that learned from the "
                f"other photos says {classes[likely[row]]!r} with a probability of "
                f"{probs[row, likely[row]]:.3f}. It is kept. If the label is wrong, "
                "move the file to the folder of its class."
            ),
            likely=classes[likely[row]],
        )
        for row in rows[np.argsort(-doubts[rows], kind="stable")].tolist()
    ]


def _num_apart(
    labels: Int[np.ndarray, " N"], numbers: Int[np.ndarray, " N"], num_classes: int
) -> Int[np.ndarray, " K"]:
    """How many different numbers the rows of each class have."""
    pairs = np.unique(np.stack([labels, numbers], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=num_classes)


def outliers(
    files: Sequence[str],
    classes: Sequence[str],
    labels: Int[np.ndarray, " N"],
    features: Shaped[np.ndarray, "N D"],
    groups: Int[np.ndarray, " N"],
) -> list[Finding]:
    """Name the photos that are far from all others, the farthest first.

    Far is measured by the mean distance to the nearest five photos of any class: its
    logarithm, in robust standard deviations of the photo's own class. Copies of a photo
    count once, since they are near each other whatever they show.

    Args:
        files: Of each row.
        classes: Names in label order.
        labels: Class of each row.
        features: Activations of each row.
        groups: Rows with the same number are copies of one photo.
    """
    _, firsts, group_of = np.unique(groups, return_index=True, return_inverse=True)
    if len(firsts) <= _NEIGHBOURS:
        return []
    distances = neighbour_distances(scaled(features[firsts]), _NEIGHBOURS)
    scores = _far_scores(np.log(distances + 1e-6), labels[firsts])
    far = np.flatnonzero(scores > _FAR)
    return [
        Finding(
            kind="outlier",
            files=tuple(files[row] for row in np.flatnonzero(group_of == one).tolist()),
            score=round(float(scores[one]), 6),
            policy="kept",
            message=(
                f"Unlike every other photo ({scores[one]:.1f} robust standard "
                f"deviations farther from its neighbours than is usual among "
                f"{classes[labels[firsts[one]]]!r}). It is kept. If it does not belong "
                "there, move the file out of the folder."
            ),
        )
        for one in far[np.argsort(-scores[far], kind="stable")].tolist()
    ]


def _far_scores(
    distances: Float64[np.ndarray, " N"], labels: Int[np.ndarray, " N"]
) -> Float64[np.ndarray, " N"]:
    """Robust scores of the distances of a class; 0 where it has no usual one."""
    scores = np.zeros(len(distances))
    for label in np.unique(labels).tolist():
        is_own = labels == label
        if is_own.sum() < 2 * _NEIGHBOURS:
            continue
        own = robust_scores(distances[is_own])
        if (own > _FAR).mean() <= _MOST_FAR:
            scores[is_own] = own
    return scores
