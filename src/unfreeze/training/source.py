"""Where batches come from: images, or stored activations.

Two small classes instead of a flag, so that the one place that must know the
difference says so in a ``match`` that the type checker proves complete.
"""

import hashlib
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, assert_never, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8, UInt64

from unfreeze.augment.normalise import normalise
from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.batches import PixelLoader, batch_places, epoch_order
from unfreeze.data.decode import DECODER, preprocess
from unfreeze.data.index import ImageIndex
from unfreeze.data.quick import QUICK_DECODER, read_quickly
from unfreeze.errors import ImageError, PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.balance import balanced_order, turns_of
from unfreeze.numerics.keyed import KeyedRngs, Purpose
from unfreeze.records import ImageSpec, Task
from unfreeze.tensors import Batch, Features, Logits, Pixels, Targets
from unfreeze.training.delivery import (
    Batches,
    Delivered,
    Delivery,
    Loaded,
    Loader,
    PlainDelivery,
)
from unfreeze.training.drafts import DraftLoader
from unfreeze.training.micro_batches import MicroBatches
from unfreeze.training.pixel_store import StoredPixels
from unfreeze.training.runtime import Runtime

__all__ = [
    "FeatureRows",
    "FromFeatures",
    "FromImages",
    "Labels",
    "Loading",
    "Setup",
    "Source",
    "features_of",
    "in_order",
    "labels_of",
    "logits_of",
    "shuffled",
]

Square: TypeAlias = UInt8[np.ndarray, "S S 3"]
Labels: TypeAlias = Int64[np.ndarray, " N"] | Float32[np.ndarray, "N K"]


def _say_nothing(_: str) -> None:
    pass


@runtime_checkable
class FeatureRows(Protocol):
    """Stored activations that are read by row numbers; a numpy array is one."""

    def __len__(self) -> int: ...
    def __getitem__(self, rows: np.ndarray, /) -> np.ndarray: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How batches are put together."""

    batch_size: int
    num_workers: int
    seed: int
    """Keys the order of rows and the augmentation of each image."""

    is_balanced: bool = False
    """Where images are shuffled for learning, show all classes equally often."""

    delivery: Delivery = field(default_factory=PlainDelivery, compare=False)
    """Brings batches to the device; that of the runtime, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What every pass over a split needs besides the model."""

    loading: Loading
    runtime: Runtime
    task: Task
    class_weights: tuple[float, ...] | None = None
    """Of the loss that is learned from; what is measured is never weighted."""

    micro_batches: MicroBatches = field(default_factory=MicroBatches, compare=False)
    """How many photos at once the memory holds, as far as this pass has found out."""

    tell: Callable[[str], object] = field(default=_say_nothing, compare=False)
    """Takes one sentence for the user."""


@dataclass(frozen=True, slots=True, eq=False)
class FromImages:
    """Batches of images: the whole model learns, or could."""

    index: ImageIndex
    spec: ImageSpec
    augmentation: Augmentation | None = None
    """None makes the same square each time, as validation needs."""

    purpose: Purpose = Purpose.AUGMENT
    """What the random numbers of the augmentation are for."""

    counters: UInt64[np.ndarray, " N"] | None = None
    """What keys the augmentation of each row. Its number, unless given."""

    stored: StoredPixels | None = None
    """Photos that were decoded before; None decodes them in every pass."""

    unreadable: dict[int, str] | None = None
    """Receives the row of each photo that cannot be read, and why; it is black then.
    None lets the first one end the pass."""

    def __len__(self) -> int:
        return len(self.index)

    @property
    def way_of_decoding(self) -> str:
        """Names everything besides the file that decoded pixels depend on."""
        decoder = DECODER if self.augmentation is None else QUICK_DECODER
        rules = hashlib.blake2b(decoder.encode(), digest_size=4).hexdigest()
        shape, side = "centre", self.spec.size
        if self.spec.squash:
            shape = "squeezed"
        elif self.augmentation is not None and self.augmentation.short_side:
            shape, side = "side", self.augmentation.short_side
        return f"{shape}_{side}_{self.spec.interpolation}_{rules}"

    def batches(
        self, order: np.ndarray, loading: Loading, epoch: int, *, ends_evenly: bool
    ) -> Batches:
        """Read the rows of ``order`` in threads, keeping their order."""
        if self.augmentation is not None and loading.delivery.varies:
            loader = self._drafts(self.augmentation, order, loading, epoch, ends_evenly)
        else:
            loader = self._squares(order, loading, epoch, ends_evenly)
        kept = loader if self.stored is None else _Keeping(loader, self.stored)
        return Delivered(kept, loading.delivery)

    def _squares(
        self, order: np.ndarray, loading: Loading, epoch: int, ends_evenly: bool
    ) -> Loader:
        """Squares as a model reads them, varied where they are read."""
        rng_at = self._rngs(order, loading.seed, epoch)

        def fill(place: int, square: Square) -> None:
            pixels = self._pixels(int(order[place]))
            if self.augmentation is None:
                np.copyto(square, pixels)
                return
            self.augmentation.apply(pixels, rng_at(place), square)

        return PixelLoader(
            self.index,
            fill,
            rows=order,
            batch_size=loading.batch_size,
            num_workers=loading.num_workers,
            size=self.spec.size,
            ends_evenly=ends_evenly,
            pin_memory=loading.delivery.pins,
        )

    def _drafts(
        self,
        augmentation: Augmentation,
        order: np.ndarray,
        loading: Loading,
        epoch: int,
        ends_evenly: bool,
    ) -> Loader:
        """The same squares, still to be varied on the device."""
        rng_at = self._rngs(order, loading.seed, epoch)
        return DraftLoader(
            index=self.index,
            outline=lambda place: augmentation.outline(
                self._pixels(int(order[place])), rng_at(place)
            ),
            rows=order,
            batch_size=loading.batch_size,
            num_workers=loading.num_workers,
            size=self.spec.size,
            border=augmentation.pad_mode,
            ends_evenly=ends_evenly,
            pin_memory=loading.delivery.pins,
        )

    def _rngs(
        self, order: np.ndarray, seed: int, epoch: int
    ) -> Callable[[int], np.random.Generator]:
        """Generators by place: a photo that comes again is varied in another way."""
        turns = turns_of(order)
        counters = order if self.counters is None else self.counters[order]
        rngs = KeyedRngs(seed, self.purpose)

        def rng_at(place: int) -> np.random.Generator:
            return rngs.at(epoch=epoch, row=counters[place], turn=turns[place])

        return rng_at

    def _pixels(self, row: int) -> UInt8[np.ndarray, "H W 3"]:
        if self.stored is None:
            return self._decoded(row)
        return self.stored.read(row, lambda: self._decoded(row))

    def _decoded(self, row: int) -> UInt8[np.ndarray, "H W 3"]:
        """What does not change from epoch to epoch."""
        try:
            return self._read(row)
        except ImageError as error:
            if self.unreadable is None:
                raise
            self.unreadable[row] = str(error)
            return np.zeros((self.spec.size, self.spec.size, 3), dtype=np.uint8)

    def _read(self, row: int) -> UInt8[np.ndarray, "H W 3"]:
        source = self.index.sources[row]
        if self.augmentation is None:
            return preprocess(source, self.spec)
        return read_quickly(
            source,
            short_side=self.augmentation.short_side,
            squash_to=self.augmentation.squash_to,
            interpolation=self.spec.interpolation,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Keeping:
    """A pass that keeps for the next one what it has decoded."""

    loader: Loader
    stored: StoredPixels

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Generator[Loaded, None, None]:
        self.stored.begin()
        try:
            with closing(iter(self.loader)) as batches:
                for batch in batches:
                    self.stored.save(only_if_late=True)
                    yield batch
        finally:
            self.stored.save()


@dataclass(frozen=True, slots=True, eq=False)
class FromFeatures:
    """Batches of stored backbone output: only the head can learn."""

    features: FeatureRows
    """Row ``i`` belongs to row ``i`` of the index: N D, or N C H W."""

    labels: Labels | None

    later_views: tuple[FeatureRows, ...] = ()
    """Rows of epochs 1, 2 and so on, where not all have the same. After the last of
    them it is the turn of ``features`` again. A row that comes several times in an
    epoch is taken from one view after the other."""

    def __len__(self) -> int:
        return len(self.features)

    def batches(
        self, order: np.ndarray, loading: Loading, epoch: int, *, ends_evenly: bool
    ) -> Batches:
        """Read the rows of ``order`` from the view whose turn it is."""
        views = (self.features, *self.later_views)
        view_of = (epoch + turns_of(order)) % len(views)
        size = loading.batch_size
        loader = _FeatureBatches(views, self.labels, order, view_of, size, ends_evenly)
        return Delivered(loader, loading.delivery)


Source: TypeAlias = FromImages | FromFeatures


@dataclass(frozen=True, slots=True, eq=False)
class _FeatureBatches:
    views: tuple[FeatureRows, ...]
    labels: Labels | None
    order: np.ndarray
    view_of: np.ndarray
    batch_size: int
    ends_evenly: bool

    def __len__(self) -> int:
        return len(self._places())

    def __iter__(self) -> Generator[Loaded, None, None]:
        labels = None if self.labels is None else torch.from_numpy(self.labels)
        for places in self._places():
            rows = self.order[places]
            inputs = torch.from_numpy(self._read(rows, self.view_of[places]))
            yield Batch(inputs, None if labels is None else labels[rows], rows)

    def _places(self) -> list[slice]:
        return batch_places(
            len(self.order), self.batch_size, ends_evenly=self.ends_evenly
        )

    def _read(self, rows: np.ndarray, view_of: np.ndarray) -> np.ndarray:
        """The rows, each from its view; mostly all from the same."""
        first, *others = np.unique(view_of).tolist() if len(self.views) > 1 else [0]
        if not others:
            return np.ascontiguousarray(self.views[first][rows])
        parts = [self.views[each][rows[view_of == each]] for each in (first, *others)]
        sorting = np.argsort(view_of, kind="stable")
        found = np.empty((len(rows), *parts[0].shape[1:]), dtype=parts[0].dtype)
        found[sorting] = np.concatenate(parts)
        return found


def shuffled(source: Source, loading: Loading, epoch: int) -> Batches:
    """Every row once, in the order that belongs to (seed, epoch), for learning.

    If classes are balanced, rows of rare classes come more than once instead, and some
    of frequent ones not at all. No batch is less than half a one.
    """
    labels = source.labels if isinstance(source, FromFeatures) else source.index.labels
    if loading.is_balanced and labels is not None:
        order = balanced_order(labels, seed=loading.seed, epoch=epoch)
    else:
        order = epoch_order(len(source), seed=loading.seed, epoch=epoch)
    return source.batches(order, loading, epoch, ends_evenly=True)


def in_order(source: Source, loading: Loading, epoch: int = 0) -> Batches:
    """Every row once, in index order. ``epoch`` keys an augmentation, if any."""
    return source.batches(np.arange(len(source)), loading, epoch, ends_evenly=False)


def features_of(
    model: StagedClassifier, pixels: Pixels, spec: ImageSpec, setup: Setup
) -> Features:
    """Run all of ``model`` but its head, in pieces where the memory is too small."""

    def run(piece: Pixels) -> Features:
        with setup.runtime.autocast():
            return model.features(normalise(piece, spec, setup.runtime.image_type))

    pixels = pixels.to(setup.runtime.device, non_blocking=True)
    return setup.micro_batches.apply(run, pixels, model)


def logits_of(
    model: StagedClassifier, source: Source, batch: Batch, setup: Setup
) -> Logits:
    """Run the part of ``model`` that reads what ``source`` yields."""
    match source:
        case FromImages():
            return model.classify(features_of(model, batch.inputs, source.spec, setup))
        case FromFeatures():
            device = setup.runtime.device
            return model.classify(batch.inputs.to(device, non_blocking=True))
        case _:
            assert_never(source)


def labels_of(batch: Batch) -> Targets:
    """The labels of a batch that must have some.

    Raises:
        PlanError: If the batch comes from unlabelled images.
    """
    if batch.labels is None:
        raise PlanError(
            "These images have no labels, so there is nothing to learn from or to "
            "measure against. Pass a labelled split, or call predict."
        )
    return batch.labels
