"""Nothing is scored that was counted twice, left out, or has no labels."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from unfreeze.errors import DataError
from unfreeze.records import Predictions

__all__ = ["require_labels", "require_seen_once"]


def require_seen_once(
    predictions: Predictions, listed: Sequence[str] | None = None
) -> None:
    """Refuse predictions in which an image is missing or counted twice.

    Args:
        predictions: One row per image.
        listed: Names of the images that there are, in the same order; not compared
            unless given.

    Raises:
        DataError: If there are no images, or rows and names do not match one to one.
    """
    names = list(predictions.names)
    if len(names) != len(predictions.log_probs):
        raise DataError(
            f"There are {len(names)} images and {len(predictions.log_probs)} answers. "
            "Expected one answer for each image."
        )
    if not names:
        raise DataError("There is no score of 0 images. Check that the split has some.")
    if len(set(names)) < len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise DataError(f"{twice!r} is counted twice. Name each image once.")
    if listed is not None and names != list(listed):
        raise DataError(
            f"{len(listed)} images are listed, and the {len(names)} that were answered "
            "are not the same. Predict again for all of them."
        )


def require_labels(predictions: Predictions) -> np.ndarray:
    """Labels of images that must have some: N class numbers, or N K of 0s and 1s.

    Raises:
        DataError: If there are none, or more or fewer than images.
    """
    labels = predictions.labels
    if labels is None:
        raise DataError("These photos have no labels to compare with.")
    if len(labels) != len(predictions.log_probs):
        raise DataError(
            f"There are {len(predictions.log_probs)} answers and {len(labels)} labels. "
            "Expected one label, or one row of them, for each image."
        )
    return np.asarray(labels)
