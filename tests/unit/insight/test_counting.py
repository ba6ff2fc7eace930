"""Mirrors src/unfreeze/insight/counting.py."""

import numpy as np
import pytest

from unfreeze.errors import DataError
from unfreeze.insight.counting import require_labels, require_seen_once
from unfreeze.records import Predictions


def _answers(
    names: list[str], count: int | None = None, labels: list[int] | None = None
) -> Predictions:
    rows = len(names) if count is None else count
    known = None if labels is None else np.array(labels)
    return Predictions(names, ("a", "b"), np.full((rows, 2), np.log(0.5)), known)


def test_each_image_once_is_what_is_wanted() -> None:
    require_seen_once(_answers(["a/1", "a/2"]), listed=["a/1", "a/2"])


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        (_answers(["a/1", "a/2"], count=3), "2 images and 3 answers"),
        (_answers([]), "no score of 0 images"),
        (_answers(["a/1", "a/2", "a/1"]), "'a/1' is counted twice"),
        (_answers(["a/1"]), "2 images are listed, and the 1 that were answered"),
        (_answers(["a/2", "a/1"]), "are not the same"),
    ],
)
def test_images_missing_or_counted_twice_are_refused(
    predictions: Predictions, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        require_seen_once(predictions, listed=["a/1", "a/2"])


def test_images_without_labels_are_refused() -> None:
    with pytest.raises(DataError, match="no labels to compare with"):
        require_labels(_answers(["a/1"]))
    with pytest.raises(DataError, match="1 answers and 2 labels"):
        require_labels(_answers(["a/1"], labels=[0, 1]))
