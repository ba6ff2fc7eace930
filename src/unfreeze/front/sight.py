"""The photos of one split as a model sees them, for pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from unfreeze.data.decode import preprocess
from unfreeze.data.index import ImageIndex
from unfreeze.errors import PlanError
from unfreeze.insight.feature_space import pooled_rows
from unfreeze.models.classifier import StagedClassifier
from unfreeze.records import ImageSpec
from unfreeze.training.heat_maps import heat_maps

__all__ = ["Rows", "Sight"]

Rows: TypeAlias = Sequence[int] | Int[np.ndarray, " M"]


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """Photos of a split, and what can be asked about them."""

    index: ImageIndex
    spec: ImageSpec
    """How a photo becomes the square that the model reads."""

    model: StagedClassifier | None = None
    """None where only its answers are known."""

    features: Callable[[], Float[np.ndarray, "N ..."]] | None = None
    """Gives what the head reads of every photo; None likewise."""

    def photos(self, rows: Rows) -> list[UInt8[np.ndarray, "S S 3"]]:
        """The squares that the model reads.

        Raises:
            PlanError: If there is no such row.
            ImageError: If a photo cannot be read any more.
        """
        self.require(rows)
        return [preprocess(self.index.sources[int(row)], self.spec) for row in rows]

    def require(self, rows: Rows) -> None:
        """Refuse rows that are not there.

        Raises:
            PlanError: If there is no such row.
        """
        for row in rows:
            if not 0 <= row < len(self.index):
                raise PlanError(
                    f"There is no photo {row}: expected 0 to {len(self.index) - 1}, "
                    "a row of this split."
                )

    def heat(self, rows: Rows, classes: Sequence[int]) -> Float32[np.ndarray, "M h w"]:
        """What speaks for one class in each photo, 0 to 1, by Grad-CAM.

        Raises:
            PlanError: If there is no model, no such row or no such class.
        """
        if self.model is None:
            raise PlanError(
                "Heat maps need the model, and only its answers are known here. Use "
                "learn.interpret()."
            )
        return heat_maps(self.model, self.photos(rows), self.spec, classes)

    def feature_rows(self) -> Float[np.ndarray, "N D"]:
        """What the head reads of every photo; maps are averaged over their places.

        Raises:
            PlanError: If only the answers of the model are known.
        """
        if self.features is None:
            raise PlanError(
                "A map of features needs the features, and only answers are known "
                "here. Use learn.interpret()."
            )
        return pooled_rows(np.asarray(self.features()))
