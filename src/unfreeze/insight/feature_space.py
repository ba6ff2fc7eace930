"""A data set as its model sees it: photos with similar features lie close together.

The scikit-learn door for t-SNE, which opens only when it is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

from unfreeze.errors import DataError
from unfreeze.insight.choices import predicted_of
from unfreeze.records import Predictions

__all__ = [
    "FeatureSpace",
    "SpaceMethod",
    "by_neighbours",
    "by_spread",
    "feature_space",
    "pooled_rows",
]

SpaceMethod: TypeAlias = Literal["pca", "tsne"]

_FEWEST_FOR_NEIGHBOURS = 10  # photos; with fewer there are no neighbourhoods
_ROWS_AT_ONCE = 4096
_MOST_ROWS = 10_000
_AXES_FOR_NEIGHBOURS = 30
_USUAL_NEIGHBOURS = 30.0  # perplexity of van der Maaten and Hinton, 2008
_ROUNDS = 500  # half of scikit-learn's: the arrangement stands, only details still move


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSpace:
    """Where each photo lies on a map of the features. Row ``i`` is ``names[i]``."""

    places: Float[np.ndarray, "N 2"]
    """Across and up. Axes have no unit of their own."""

    names: Sequence[str]
    classes: tuple[str, ...]
    labels: Int[np.ndarray, " N"]
    predicted: Int[np.ndarray, " N"]
    method: SpaceMethod
    """How the map was made. ``pca`` keeps directions, ``tsne`` keeps neighbours."""

    @property
    def mistakes(self) -> Bool[np.ndarray, " N"]:
        """Which photos are taken for another class."""
        return self.labels != self.predicted

    def records(self) -> list[dict[str, object]]:
        """One row per photo, for a table or a page."""
        return [
            {
                "name": self.names[row],
                "x": float(x),
                "y": float(y),
                "class": self.classes[self.labels[row]],
                "predicted": self.classes[self.predicted[row]],
                "mistake": bool(self.mistakes[row]),
            }
            for row, (x, y) in enumerate(self.places)
        ]


def pooled_rows(features: Float[np.ndarray, "N ..."]) -> Float[np.ndarray, "N D"]:
    """One row per photo; maps, which some heads read, are averaged over their places.

    Args:
        features: Stored activations: rows, or maps of D channels.
    """
    return features if features.ndim == 2 else features.mean(axis=(2, 3))


def feature_space(
    features: Float[np.ndarray, "N D"],
    said: Predictions,
    method: SpaceMethod = "pca",
) -> FeatureSpace:
    """Lay the photos of a split out on a plane.

    Args:
        features: What the head reads of each photo: stored activations.
        said: Predictions for the same photos, with one label each.
        method: ``pca`` for the two directions of largest spread; ``tsne`` for a map
            that keeps neighbours together, where there are photos enough for it.

    Raises:
        DataError: If features are not N D, of as many photos as the predictions, all
            of them finite; or if there is not one label per photo.
    """
    rows = np.asarray(features, dtype=np.float64)
    if (
        rows.ndim != 2
        or len(rows) != len(said.log_probs)
        or not np.isfinite(rows).all()
    ):
        raise DataError(
            f"Got features of the shape {rows.shape} for {len(said.log_probs)} photos. "
            "Expected finite numbers, one row per photo. Use stored activations of the "
            "same split."
        )
    if said.labels is None or said.labels.ndim != 1:
        raise DataError(
            "These photos have no labels or several each, so a map could not be "
            "coloured by class. Use a split with one label per photo."
        )
    too_few = len(rows) < _FEWEST_FOR_NEIGHBOURS
    used: SpaceMethod = "pca" if too_few else method
    places = by_spread(rows) if used == "pca" else by_neighbours(rows)
    return FeatureSpace(
        places, said.names, said.classes, said.labels, predicted_of(said), used
    )


def by_spread(
    features: Float[np.ndarray, "N D"], axes: int = 2
) -> Float[np.ndarray, "N axes"]:
    """Project rows on their directions of largest spread (PCA), the largest first.

    A direction has two ends; the one whose largest weight is positive counts as up, so
    the same rows always give the same picture. Directions that do not exist are 0.

    Of more than 10,000 rows, so many, evenly spread, decide where the directions are,
    and all are projected. Beside the rows themselves it takes D² numbers and a few
    thousand rows in double precision.
    """
    if not len(features):
        return np.zeros((0, axes))
    middle = features.mean(axis=0, dtype=np.float64)
    some = features[:: -(-len(features) // _MOST_ROWS)]
    directions = _directions(some, middle, min(axes, *features.shape))
    found = np.concatenate(
        [(part - middle) @ directions.T for part in _parts(features)]
    )
    return np.pad(found, ((0, 0), (0, axes - found.shape[1])))


def _directions(
    features: Float[np.ndarray, "N D"], middle: Float[np.ndarray, " D"], axes: int
) -> Float[np.ndarray, "axes D"]:
    """Eigenvectors of the smaller of the two products of the centred rows."""
    count, width = features.shape
    if count < width:
        centred = features - middle
        _, vectors = np.linalg.eigh(centred @ centred.T)
        found = vectors[:, ::-1][:, :axes].T @ centred
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        found = np.where(lengths > 0, found / np.where(lengths > 0, lengths, 1), 0)
    else:
        spread = np.zeros((width, width))
        for part in _parts(features):
            centred = part - middle
            spread += centred.T @ centred
        found = np.linalg.eigh(spread)[1][:, ::-1][:, :axes].T
    largest = np.abs(found).argmax(axis=1)
    ends = np.sign(found[np.arange(len(found)), largest])
    return found * np.where(ends == 0, 1, ends)[:, None]


def _parts(features: Float[np.ndarray, "N D"]) -> Iterator[Float[np.ndarray, "M D"]]:
    """Some rows at a time, in double precision."""
    for begin in range(0, len(features), _ROWS_AT_ONCE):
        yield np.asarray(features[begin : begin + _ROWS_AT_ONCE], dtype=np.float64)


def by_neighbours(features: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N 2"]:
    """Put rows that point the same way close together (t-SNE), always in the same way.

    van der Maaten and Hinton, "Visualizing Data using t-SNE" (2008), on the 30
    directions of largest spread. It begins with the result of PCA, so that the large
    arrangement is that one's.

    Args:
        features: Ten rows or more.
    """
    from sklearn.manifold import TSNE

    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    axes = min(_AXES_FOR_NEIGHBOURS, *features.shape)
    reduced = by_spread(features / np.maximum(lengths, np.finfo(float).tiny), axes)
    neighbours = min(_USUAL_NEIGHBOURS, (len(features) - 1) / 3)
    tsne = TSNE(
        perplexity=neighbours,
        init=_beginning(reduced),
        max_iter=_ROUNDS,
        random_state=0,
    )
    return np.asarray(tsne.fit_transform(reduced), dtype=np.float64)


def _beginning(reduced: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N 2"]:
    """PCA's arrangement, as small as t-SNE wants it to begin."""
    plane = np.pad(reduced[:, :2], ((0, 0), (0, max(2 - reduced.shape[1], 0))))
    widest = plane[:, 0].std()
    return (plane * (1e-4 / widest if widest > 0 else 1.0)).astype(np.float32)
