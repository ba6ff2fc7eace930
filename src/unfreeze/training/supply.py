"""Which batches a model should get in its present state."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.screen import Screening
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.known_hash import KnownHash
from unfreeze.numerics.keyed import Purpose
from unfreeze.records import ImageSpec
from unfreeze.training.features import FeatureKeeper, OnProgress
from unfreeze.training.pixel_store import PixelShelf, StoredPixels
from unfreeze.training.source import (
    FeatureRows,
    FromFeatures,
    FromImages,
    Setup,
    Source,
)
from unfreeze.written_json import exact_json_text

__all__ = ["Supply"]


@dataclass(slots=True, kw_only=True, eq=False)
class Supply:
    """Images or stored activations of the splits of one data set."""

    spec: ImageSpec
    augmentation: Augmentation | None
    setup: Setup
    folder: Callable[[], Path]
    """Gives the folder for stored activations, and makes it when it is needed."""

    most_cached_bytes: int = 0
    """Room on the disk for decoded photos; 0 decodes them in every epoch."""

    _rows: dict[int, "_Rows"] = field(default_factory=dict, init=False)
    _shelf: PixelShelf | None = field(default=None, init=False)
    _hash: KnownHash = field(default_factory=KnownHash, init=False)
    _key: str = field(default="", init=False)

    def images(
        self,
        split: Screening,
        *,
        is_augmented: bool,
        purpose: Purpose = Purpose.AUGMENT,
        is_kept: bool = True,
        size: int | None = None,
    ) -> FromImages:
        """The images of a split.

        Args:
            split: Images and their content hashes.
            is_augmented: Vary them, differently in each epoch.
            purpose: What the random numbers of the augmentation are for.
            is_kept: Keep decoded photos for later passes, where the cache has room.
            size: Side of the squares, in pixels, if not that of ``spec``.
        """
        spec, augmentation = self.spec, self.augmentation if is_augmented else None
        if size is not None:
            spec = replace(spec, size=size)
            augmentation = augmentation and replace(augmentation, spec=spec)
        source = FromImages(split.index, spec, augmentation, purpose)
        if not (is_kept and self.most_cached_bytes) or split.index.is_in_memory:
            return source
        store = self._shelf_of_pixels().store(source.way_of_decoding)
        return replace(source, stored=StoredPixels(store, split.digests))

    def _shelf_of_pixels(self) -> PixelShelf:
        if self._shelf is None:
            self._shelf = PixelShelf(self.folder() / "pixels", self.most_cached_bytes)
        return self._shelf

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
        keeper = self._keeper(model, on_progress, on_disk=on_disk)
        index, ids = split.index, split.digests
        return self._at_hand(keeper, split, 0, lambda: (keeper.features(index, ids),))

    def views(
        self,
        model: StagedClassifier,
        split: Screening,
        count: int,
        on_progress: OnProgress | None = None,
    ) -> FromFeatures:
        """Stored activations of ``count`` augmented views; each epoch takes the next.

        Args:
            model: Frozen up to its head.
            split: Images and their content hashes.
            count: Views of each image, 1 or more.
            on_progress: Called with the number of rows done, and to be done.

        Raises:
            PlanError: If there is no augmentation, or a step of the user's own in it.
        """
        keeper = self._keeper(model, on_progress, on_disk=True)
        images = self.images(split, is_augmented=True)
        read = partial(keeper.views, images, split.digests, count)
        return self._at_hand(keeper, split, count, read)

    def num_missing(self, model: StagedClassifier, split: Screening) -> int:
        """Images of a split whose activations are not stored yet."""
        keeper = self._keeper(model, None, on_disk=True)
        return keeper.num_missing(split.digests)

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

    def _keeper(
        self,
        model: StagedClassifier,
        on_progress: OnProgress | None,
        *,
        on_disk: bool,
    ) -> FeatureKeeper:
        return FeatureKeeper(
            model=model,
            spec=self.spec,
            folder=self.folder() if on_disk else None,
            setup=self.setup,
            on_progress=on_progress,
            hash_of=self._hash.of,
        )

    def _at_hand(
        self,
        keeper: FeatureKeeper,
        split: Screening,
        num_views: int,
        read: Callable[[], tuple[FeatureRows, ...]],
    ) -> FromFeatures:
        """Read rows unless the last ones read for this split are those."""
        self._forget_others(keeper)
        known = self._rows.get(id(split))
        if known is None or known.num_views != num_views:
            known = self._rows[id(split)] = _Rows(split, num_views, read())
        first, *others = known.rows
        return FromFeatures(first, split.index.labels, tuple(others))

    def _forget_others(self, keeper: FeatureKeeper) -> None:
        """Drop rows that an earlier state of the backbone computed."""
        key = exact_json_text(keeper.key(), sort_keys=True)
        if key != self._key:
            self._rows.clear()
            self._key = key


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows of a split in memory, or mapped to it."""

    split: Screening
    num_views: int
    """0 is the plain images."""

    rows: tuple[FeatureRows, ...]
    """Those of each view."""
