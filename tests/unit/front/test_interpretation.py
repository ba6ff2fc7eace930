"""Mirrors src/unfreeze/front/interpretation.py."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from unfreeze.errors import PlanError
from unfreeze.front.interpretation import Interpretation
from unfreeze.records import Predictions


def said(labels: list[int] | None) -> Predictions:
    log_probs = np.log([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3]])
    known = None if labels is None else np.array(labels)
    return Predictions(["a", "b", "c"], ("x", "y", "z"), log_probs, known)


def test_the_most_probable_class_is_predicted() -> None:
    assert Interpretation(said([0, 1, 1])).predicted.tolist() == [0, 2, 1]


def test_rows_are_true_classes_and_columns_predicted_ones() -> None:
    found = Interpretation(said([0, 1, 1])).confusion_matrix()

    assert np.array_equal(found, confusion_matrix([0, 1, 1], [0, 2, 1]))


@pytest.mark.parametrize("normalize", [False, True])
def test_the_matrix_is_drawn_with_names(normalize: bool) -> None:
    figure = Interpretation(said([0, 1, 1])).plot_confusion_matrix(normalize)

    assert isinstance(figure, Figure)
    names = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert names == ["x", "y", "z"]


def test_photos_without_labels_are_refused() -> None:
    with pytest.raises(PlanError, match="have none or several"):
        Interpretation(said(None))
