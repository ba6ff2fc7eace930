"""Where batches come from: images, or stored activations.

Two small classes instead of a flag, so that the one place that must know the
difference says so in a ``match`` that the type checker proves complete.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias, assert_never, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8

from unfreeze.augment.normalise import normalise
from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.batches import PixelLoader, epoch_order
from unfreeze.data.decode import preprocess, read_pixels
from unfreeze.data.index import ImageIndex
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.numerics.losses import Task
from unfreeze.records import ImageSpec
from unfreeze.tensors import Batch, Logits, Targets
from unfreeze.training.runtime import Runtime

__all__ = [
    "Batches",
    "FeatureRows",
    "FromFeatures",
    "FromImages",
    "Labels",
    "Loading",
    "Setup",
    "Source",
    "in_order",
    "labels_of",
    "logits_of",
    "shuffled",
]

Square: TypeAlias = UInt8[np.ndarray, "S S 3"]
Labels: TypeAlias = Int64[np.ndarray, " N"] | Float32[np.ndarray, "N K"]


@runtime_checkable
class Batches(Protocol):
    """One pass over some rows."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Batch]: ...


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What every pass over a split needs besides the model."""

    loading: Loading
    runtime: Runtime
    task: Task


@dataclass(frozen=True, slots=True, eq=False)
class FromImages:
    """Batches of images: the whole model learns, or could."""

    index: ImageIndex
    spec: ImageSpec
    augmentation: Augmentation | None = None
    """None makes the same square each time, as validation needs."""

    purpose: Purpose = Purpose.AUGMENT
    """What the random numbers of the augmentation are for."""

    def __len__(self) -> int:
        return len(self.index)

    def batches(
        self, order: np.ndarray, loading: Loading, epoch: int, *, drop_single: bool
    ) -> Batches:
        """Decode the rows of ``order`` in threads, keeping their order."""

        def read(row: int) -> Square:
            return self._square(row, loading.seed, epoch)

        return PixelLoader(
            self.index,
            read,
            rows=order,
            batch_size=loading.batch_size,
            num_workers=loading.num_workers,
            size=self.spec.size,
            drop_single=drop_single,
        )

    def _square(self, row: int, seed: int, epoch: int) -> Square:
        source = self.index.sources[row]
        if self.augmentation is None:
            return preprocess(source, self.spec)
        pixels = read_pixels(
            source,
            short_side=self.augmentation.short_side,
            squash_to=self.augmentation.squash_to,
            interpolation=self.spec.interpolation,
        )
        rng = rng_for(seed, self.purpose, epoch=epoch, row=row)
        return self.augmentation.apply(pixels, rng)


@dataclass(frozen=True, slots=True, eq=False)
class FromFeatures:
    """Batches of stored backbone output: only the head can learn."""

    features: FeatureRows
    """Row ``i`` belongs to row ``i`` of the index: N D, or N C H W."""

    labels: Labels | None

    def __len__(self) -> int:
        return len(self.features)

    def batches(
        self, order: np.ndarray, loading: Loading, epoch: int, *, drop_single: bool
    ) -> Batches:
        """Read the rows of ``order``; features are the same in every epoch."""
        del epoch
        return _FeatureBatches(self, order, loading.batch_size, drop_single)


Source: TypeAlias = FromImages | FromFeatures


@dataclass(frozen=True, slots=True, eq=False)
class _FeatureBatches:
    source: FromFeatures
    order: np.ndarray
    batch_size: int
    drop_single: bool

    def __len__(self) -> int:
        whole, rest = divmod(len(self.order), self.batch_size)
        return whole + int(rest > int(self.drop_single))

    def __iter__(self) -> Iterator[Batch]:
        known = self.source.labels
        labels = None if known is None else torch.from_numpy(known)
        for i in range(len(self)):
            rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
            inputs = torch.from_numpy(np.ascontiguousarray(self.source.features[rows]))
            yield Batch(inputs, None if labels is None else labels[rows], rows)


def shuffled(source: Source, loading: Loading, epoch: int) -> Batches:
    """Every row once, in the order that belongs to (seed, epoch), for learning.

    A last batch of one row is left out: batch norm cannot learn from it.
    """
    order = epoch_order(len(source), seed=loading.seed, epoch=epoch)
    return source.batches(order, loading, epoch, drop_single=True)


def in_order(source: Source, loading: Loading, epoch: int = 0) -> Batches:
    """Every row once, in index order. ``epoch`` keys an augmentation, if any."""
    return source.batches(np.arange(len(source)), loading, epoch, drop_single=False)


def logits_of(
    model: StagedClassifier, source: Source, batch: Batch, runtime: Runtime
) -> Logits:
    """Run the part of ``model`` that reads what ``source`` yields."""
    inputs = batch.inputs.to(runtime.device, non_blocking=True)
    match source:
        case FromImages():
            with runtime.autocast():
                return model(normalise(inputs, source.spec))
        case FromFeatures():
            return model.classify(inputs)
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
