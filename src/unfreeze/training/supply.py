"""Which batches a model should get in its present state."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.screen import Screening
from unfreeze.models.classifier import StagedClassifier
from unfreeze.records import ImageSpec
from unfreeze.training.features import FeatureKeeper, OnProgress
from unfreeze.training.source import (
    FeatureRows,
    FromFeatures,
    FromImages,
    Setup,
    Source,
)

__all__ = ["Supply"]


@dataclass(slots=True, kw_only=True, eq=False)
class Supply:
    """Images or stored activations of the splits of one data set."""

    spec: ImageSpec
    augmentation: Augmentation | None
    setup: Setup
    folder: Callable[[], Path]
    """Gives the folder for stored activations, and makes it when it is needed."""

    _rows: dict[int, tuple[Screening, FeatureRows]] = field(
        default_factory=dict, init=False
    )
    _key: str = field(default="", init=False)

    def images(self, split: Screening, *, is_augmented: bool) -> FromImages:
        """Decode the images of a split, each epoch anew."""
        augmentation = self.augmentation if is_augmented else None
        return FromImages(split.index, self.spec, augmentation)

    def features(
        self,
        model: StagedClassifier,
        split: Screening,
        on_progress: OnProgress | None = None,
        *,
        on_disk: bool = True,
    ) -> FromFeatures:
        """Stored activations of a split, computed where they are missing.

        The model's backbone must not learn while they are in use.

        Args:
            model: Frozen up to its head.
            split: Images and their content hashes.
            on_progress: Called with the number of images done, and to be done.
            on_disk: Keep what has to be computed for later runs, too.
        """
        keeper = FeatureKeeper(
            model=model,
            spec=self.spec,
            folder=self.folder() if on_disk else None,
            setup=self.setup,
            on_progress=on_progress,
        )
        self._forget_others(keeper)
        if id(split) not in self._rows:
            rows = keeper.features(split.index, split.digests)
            self._rows[id(split)] = split, rows
        return FromFeatures(self._rows[id(split)][1], split.index.labels)

    def for_measuring(
        self,
        model: StagedClassifier,
        split: Screening,
        on_progress: OnProgress | None = None,
        *,
        on_disk: bool,
    ) -> Source:
        """Plain images, or their features when only the head can change.

        With a frozen backbone the features of a validation image are the same in
        every epoch, so they are computed once.
        """
        if model.is_backbone_frozen:
            return self.features(model, split, on_progress, on_disk=on_disk)
        return self.images(split, is_augmented=False)

    def _forget_others(self, keeper: FeatureKeeper) -> None:
        """Drop rows that an earlier state of the backbone computed."""
        key = json.dumps(keeper.key(), sort_keys=True)
        if key != self._key:
            self._rows.clear()
            self._key = key
