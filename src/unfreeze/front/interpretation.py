"""What a model gets right and wrong, as numbers and pictures."""

from typing import final

import numpy as np
from jaxtyping import Int

from unfreeze.errors import PlanError
from unfreeze.insight.confusion import confusion_matrix
from unfreeze.insight.plots import Picture, confusion_plot
from unfreeze.records import Predictions

__all__ = ["Interpretation"]


@final
class Interpretation:
    """Questions about the predictions for one labelled split.

    Raises:
        PlanError: If the split has no labels, or several per image.
    """

    def __init__(self, predictions: Predictions) -> None:
        if predictions.labels is None or predictions.labels.ndim != 1:
            raise PlanError(
                "Interpretation compares predictions with one label per photo, and "
                "these photos have none or several. Use the validation split."
            )
        self.predictions = predictions
        self._labels = predictions.labels

    @property
    def predicted(self) -> Int[np.ndarray, " N"]:
        """Most probable class of each row."""
        return self.predictions.log_probs.argmax(axis=1)

    def confusion_matrix(self) -> Int[np.ndarray, "K K"]:
        """Counts: the row is the true class, the column the predicted one."""
        return confusion_matrix(self._labels, self.predicted, self.predictions.classes)

    def plot_confusion_matrix(self, normalize: bool = False) -> Picture:
        """Draw the confusion matrix with class names.

        Args:
            normalize: Show shares of each true class instead of counts.
        """
        return confusion_plot(
            self.confusion_matrix(), self.predictions.classes, normalise=normalize
        )
