"""Photos whose label, or whose presence, is to be doubted."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int, Shaped

from unfreeze.numerics.confident import label_doubts, suspects
from unfreeze.numerics.neighbours import neighbour_distances, robust_scores, scaled
from unfreeze.records import Finding

__all__ = ["label_suspects", "outliers"]

_LEAST_OF_CLASS = 5
"""Photos of a class from which its labels can be judged."""

_NEIGHBOURS = 5
_FAR = 3.5
"""Robust standard deviations from which a photo is far from all others (Iglewicz and
Hoaglin, "How to detect and handle outliers", 1993)."""


def label_suspects(
    files: Sequence[str],
    classes: Sequence[str],
    labels: Int[np.ndarray, " N"],
    probs: Float64[np.ndarray, "N K"],
) -> list[Finding]:
    """Name the photos that most likely carry a wrong label, most suspicious first.

    Args:
        files: Of each row.
        classes: Names in label order.
        labels: Given class of each row.
        probs: From heads that did not learn from the row itself.
    """
    is_judged = np.bincount(labels, minlength=len(classes)) >= _LEAST_OF_CLASS
    doubts = label_doubts(probs, labels)
    rows = np.flatnonzero(suspects(probs, labels) & is_judged[labels])
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
        )
        for row in rows[np.argsort(-doubts[rows], kind="stable")].tolist()
    ]


def outliers(
    files: Sequence[str],
    classes: Sequence[str],
    labels: Int[np.ndarray, " N"],
    features: Shaped[np.ndarray, "N D"],
) -> list[Finding]:
    """Name the photos that are far from all others, the farthest first.

    Far is measured by the mean distance to the nearest five photos of any class: its
    logarithm, in robust standard deviations of the photo's own class.

    Args:
        files: Of each row.
        classes: Names in label order.
        labels: Class of each row.
        features: Activations of each row.
    """
    if len(files) <= _NEIGHBOURS:
        return []
    distances = np.log(neighbour_distances(scaled(features), _NEIGHBOURS) + 1e-6)
    scores = np.zeros(len(files))
    for label in np.unique(labels).tolist():
        is_own = labels == label
        if is_own.sum() >= 2 * _NEIGHBOURS:
            scores[is_own] = robust_scores(distances[is_own])
    far = np.flatnonzero(scores > _FAR)
    return [
        Finding(
            kind="outlier",
            files=(files[row],),
            score=round(float(scores[row]), 6),
            policy="kept",
            message=(
                f"Unlike every other photo ({scores[row]:.1f} robust standard "
                f"deviations farther from its neighbours than is usual among "
                f"{classes[labels[row]]!r}). It is kept. If it does not belong there, "
                "move the file out of the folder."
            ),
        )
        for row in far[np.argsort(-scores[far], kind="stable")].tolist()
    ]
