"""What a model gets right and wrong, as numbers and pictures."""

from typing import TYPE_CHECKING, final

import numpy as np
from jaxtyping import Float, Int

from unfreeze.errors import PlanError
from unfreeze.front.datasets import ImageDataset
from unfreeze.front.sight import Rows, Sight
from unfreeze.insight import choices
from unfreeze.insight.confusion import confusion_matrix
from unfreeze.insight.feature_space import FeatureSpace, SpaceMethod, feature_space
from unfreeze.insight.galleries import Seen, answer_of, explained_photos, space_plot
from unfreeze.records import Predictions

if TYPE_CHECKING:
    from unfreeze.insight.plots import Picture

__all__ = ["ImageModelResults", "Interpretation"]


class Interpretation:
    """Questions about the predictions for one labelled split.

    Choices of photos are row numbers, the most telling first. Where fewer fit than were
    asked for, fewer come back: a model without a mistake has no most incorrect photo,
    and the picture of them is an empty sheet.

    Args:
        predictions: Of the split.
        sight: Its photos and the model, for pictures; numbers need neither.

    Raises:
        PlanError: If the split has no labels, or several per image.
    """

    def __init__(self, predictions: Predictions, sight: Sight | None = None) -> None:
        if predictions.labels is None or predictions.labels.ndim != 1:
            raise PlanError(
                "Interpretation compares predictions with one label per photo, and "
                "these photos have none or several. Use the validation split."
            )
        self.predictions = predictions
        self._labels = predictions.labels
        self._sight = sight

    @property
    def predicted(self) -> Int[np.ndarray, " N"]:
        """Most probable class of each row."""
        return choices.predicted_of(self.predictions)

    # --- classes ---------------------------------------------------------------

    def confusion_matrix(self) -> Int[np.ndarray, "K K"]:
        """Counts: the row is the true class, the column the predicted one."""
        return confusion_matrix(self._labels, self.predicted, self.predictions.classes)

    def plot_confusion_matrix(self, normalize: bool = False) -> "Picture":
        """Draw the confusion matrix with class names.

        Args:
            normalize: Show shares of each true class instead of counts.
        """
        from unfreeze.insight.plots import confusion_plot

        return confusion_plot(
            self.confusion_matrix(), self.predictions.classes, normalise=normalize
        )

    def most_confused(self, min_val: int = 1) -> list[tuple[str, str, int]]:
        """True class, class it was taken for, and how often; the most frequent first.

        Args:
            min_val: Leave out what happened less often.
        """
        names = self.predictions.classes
        return [
            (names[pair.true], names[pair.predicted], pair.count)
            for pair in choices.most_confused(self.confusion_matrix(), min_val)
        ]

    # --- photos ----------------------------------------------------------------

    def most_correct(
        self, y: int | str | None = None, count: int = 4
    ) -> Int[np.ndarray, " M"]:
        """Rightly classified photos, of class ``y`` where given, the surest first."""
        return choices.most_correct(self.predictions, count, of_class=self._number(y))

    def most_incorrect(
        self, y: int | str | None = None, count: int = 4
    ) -> Int[np.ndarray, " M"]:
        """Mistaken photos, of class ``y`` where given, the least like it first."""
        return choices.most_incorrect(self.predictions, count, of_class=self._number(y))

    def most_uncertain(
        self, y: int | str | None = None, count: int = 4
    ) -> Int[np.ndarray, " M"]:
        """Photos between two classes, of class ``y`` where given, right or wrong."""
        return choices.most_uncertain(self.predictions, count, of_class=self._number(y))

    def top_losses(self, k: int = 9) -> Int[np.ndarray, " M"]:
        """Photos with the largest losses."""
        return choices.top_losses(self.predictions, k)

    def plot_most_correct(
        self, y: int | str | None = None, count: int = 4
    ) -> "Picture":
        """Draw the photos of ``most_correct``."""
        return self.plot_val_with_title(self.most_correct(y, count), "Most correct")

    def plot_most_incorrect(
        self, y: int | str | None = None, count: int = 4
    ) -> "Picture":
        """Draw the photos of ``most_incorrect``."""
        rows = self.most_incorrect(y, count)
        return self.plot_val_with_title(rows, "Most incorrect" if len(rows) else _NONE)

    def plot_most_uncertain(
        self, y: int | str | None = None, count: int = 4
    ) -> "Picture":
        """Draw the photos of ``most_uncertain``."""
        return self.plot_val_with_title(self.most_uncertain(y, count), "Most uncertain")

    def plot_confused(self, true: int | str, taken_for: int | str) -> "Picture":
        """Draw photos of one class that were taken for another, with heat maps."""
        names, numbers = self.predictions.classes, [
            self._number_of(true), self._number_of(taken_for)
        ]  # fmt: skip
        rows = choices.mistaken_for(self.predictions, *numbers)
        title = f"{names[numbers[0]]} taken for {names[numbers[1]]}"
        return self.plot_heat_maps(rows, title)

    def plot_top_losses(self, k: int = 9, heatmap: bool = True) -> "Picture":
        """Draw the photos with the largest losses.

        Args:
            k: Photos at most.
            heatmap: Beside each, what speaks for the predicted and for the true class.
        """
        rows, title = self.top_losses(k), "Largest losses"
        if heatmap:
            return self.plot_heat_maps(rows, title)
        return self.plot_val_with_title(rows, title)

    def plot_val_with_title(self, rows: Rows, title: str = "") -> "Picture":
        """Draw any photos of the split, each with the answer and the truth.

        Raises:
            PlanError: If only answers are known, or there is no such row.
        """
        photos = self._photos().photos(rows)
        seen = [
            Seen(photo, answer_of(self.predictions, row), {})
            for photo, row in zip(photos, rows, strict=True)
        ]
        return explained_photos(seen, title)

    def plot_heat_maps(self, rows: Rows, title: str = "") -> "Picture":
        """Draw any photos with what speaks for the predicted and for the true class.

        Raises:
            PlanError: If only answers are known, or there is no such row.
        """
        sight, names = self._photos(), self.predictions.classes
        sight.require(rows)
        places = np.asarray(rows, dtype=np.int64)
        predicted, true = self.predicted[places], self._labels[places]
        heat = [sight.heat(rows, numbers.tolist()) for numbers in (predicted, true)]
        seen = []
        for place, (row, photo) in enumerate(
            zip(rows, sight.photos(rows), strict=True)
        ):
            maps = {f"speaks for\n{names[predicted[place]]}": heat[0][place]}
            if true[place] != predicted[place]:
                maps[f"speaks for\n{names[true[place]]}"] = heat[1][place]
            seen.append(Seen(photo, answer_of(self.predictions, row), maps))
        return explained_photos(seen, title)

    # --- the whole split -------------------------------------------------------

    def feature_space(self, method: SpaceMethod = "pca") -> FeatureSpace:
        """Lay all photos out on a plane, similar ones close together.

        Args:
            method: ``pca`` is at once there and keeps directions; ``tsne`` takes some
                seconds and keeps neighbours.

        Raises:
            PlanError: If only answers are known.
        """
        return feature_space(self._photos().feature_rows(), self.predictions, method)

    def plot_feature_space(self, method: SpaceMethod = "pca") -> "Picture":
        """Draw that plane, coloured by class, mistakes ringed."""
        return space_plot(self.feature_space(method), "As the model sees the photos")

    def _photos(self) -> Sight:
        if self._sight is None:
            raise PlanError(
                "Pictures need the photos, and only answers are known here. Use "
                "learn.interpret(), or ImageModelResults(data.val_ds, log_preds)."
            )
        return self._sight

    def _number(self, y: int | str | None) -> int | None:
        return None if y is None else self._number_of(y)

    def _number_of(self, y: int | str) -> int:
        if not isinstance(y, str):
            return int(y)
        if y not in self.predictions.classes:
            known = ", ".join(self.predictions.classes[:8])
            raise PlanError(f"There is no class {y!r}. The first classes are: {known}.")
        return self.predictions.classes.index(y)


_NONE = "No mistake"


@final
class ImageModelResults(Interpretation):
    """The lesson's pictures, from a data set and log-probabilities for it.

    Args:
        ds: A labelled data set, ``data.val_ds``.
        log_preds: As ``learn.predict()`` returns them.

    Raises:
        PlanError: If the photos do not have one label each, or there are not as many
            as rows of ``log_preds``.
    """

    def __init__(self, ds: ImageDataset, log_preds: Float[np.ndarray, "N K"]) -> None:
        if np.shape(log_preds) != (ds.n, ds.c):
            raise PlanError(
                f"Got log_preds of the shape {np.shape(log_preds)} for {ds.n} photos "
                f"of {ds.c} classes. Pass what learn.predict() returns for this split."
            )
        index = ds.index
        super().__init__(
            Predictions(
                index.names, index.classes, np.asarray(log_preds), index.labels
            ),
            Sight(index=index, spec=ds.transform.spec),
        )
