"""The lesson's views of a split: ``data.trn_ds[3]``, ``next(iter(data.val_dl))``.

Training itself reads photos through ``training.source``; these views show a person
exactly the numbers that a model would get.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from jaxtyping import Float32
from torch import Tensor

from unfreeze.augment.normalise import normalise
from unfreeze.data.index import ImageIndex
from unfreeze.front.tfms import TrainTransform, ValidTransform
from unfreeze.tensors import Images, Targets
from unfreeze.training.delivery import Batches
from unfreeze.training.source import FromImages, Loading, in_order, shuffled

__all__ = ["ImageDataset", "ImageLoader"]

_ONE_BY_ONE = Loading(batch_size=1, num_workers=0, seed=0)


@final
@dataclass(frozen=True, slots=True, eq=False)
class ImageDataset:
    """One split under one transform: ``ds[i]`` is the pair (image, label)."""

    index: ImageIndex
    transform: TrainTransform | ValidTransform

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(
        self, row: int | slice
    ) -> "tuple[Float32[np.ndarray, '... C S S'], np.ndarray | None]":
        """Image, normalised and channels first, and label; stacked for a slice.

        An augmented image is the one of epoch 0; other epochs come from a loader.
        """
        if isinstance(row, slice):
            pairs = [self[i] for i in range(*row.indices(len(self)))]
            labels = [label for _, label in pairs if label is not None]
            images = np.stack([image for image, _ in pairs])
            return images, np.stack(labels) if labels else None
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of a data set of {len(self)} images")
        number = np.array([row % len(self)])
        batches = self.source().batches(number, _ONE_BY_ONE, 0, ends_evenly=False)
        (batch,) = list(batches)
        label = None if batch.labels is None else batch.labels[0].numpy()
        return normalise(batch.inputs, self.transform.spec)[0].numpy(), label

    @property
    def fnames(self) -> Sequence[str]:
        """File of each row, relative to the root of the data set."""
        return self.index.names

    @property
    def y(self) -> np.ndarray | None:
        """Class number of each row, 0s and 1s for several labels, None without."""
        return self.index.labels

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.index)

    @property
    def c(self) -> int:
        """Number of classes."""
        return len(self.index.classes)

    @property
    def sz(self) -> int:
        """Side of the square, in pixels."""
        return self.transform.spec.size

    def denorm(self, images: np.ndarray | Tensor) -> Float32[np.ndarray, "B S S C"]:
        """Bring normalised images (B C S S, or C S S) back to RGB in 0-1."""
        batch = np.asarray(images, dtype=np.float32)
        batch = batch[None] if batch.ndim == 3 else batch
        spec = self.transform.spec
        std, mean = np.array([spec.std, spec.mean], dtype=np.float32)
        return (batch.transpose(0, 2, 3, 1) * std + mean).clip(0, 1)

    def source(self) -> FromImages:
        """The split as training reads it."""
        match self.transform:
            case TrainTransform():
                return FromImages(
                    self.index, self.transform.spec, self.transform.augmentation
                )
            case ValidTransform():
                return FromImages(self.index, self.transform.spec)


@final
@dataclass(slots=True, eq=False)
class ImageLoader:
    """Batches of (images, labels), normalised. Each pass over it is a new epoch."""

    dataset: ImageDataset
    loading: Loading
    is_shuffled: bool
    _epoch: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._batches())

    def __iter__(self) -> Iterator[tuple[Images, Targets | None]]:
        batches = self._batches()
        self._epoch += 1
        for batch in batches:
            yield normalise(batch.inputs, self.dataset.transform.spec), batch.labels

    def _batches(self) -> Batches:
        deal = shuffled if self.is_shuffled else in_order
        return deal(self.dataset.source(), self.loading, self._epoch)
