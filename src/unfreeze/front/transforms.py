"""What becomes of one image on its way to a model, in training and otherwise."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Float32, Shaped, UInt8

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.decode import preprocess
from unfreeze.data.quick import read_quickly
from unfreeze.errors import DataError
from unfreeze.records import ImageSpec

__all__ = ["TrainTransform", "ValidTransform"]


@final
@dataclass(frozen=True, slots=True)
class TrainTransform:
    """What happens to a training image: varied, then normalised."""

    augmentation: Augmentation

    @property
    def spec(self) -> ImageSpec:
        """Side of the square, mean and standard deviation."""
        return self.augmentation.spec

    def __call__(
        self,
        image: Shaped[np.ndarray, "H W 3"],
        rng: np.random.Generator | None = None,
    ) -> Float32[np.ndarray, "3 S S"]:
        """Vary and normalise one image.

        Args:
            image: RGB, float on the 0-1 scale or uint8.
            rng: Where the randomness comes from; without it every call differs.

        Raises:
            DataError: If ``image`` is neither of the two.
        """
        pixels = read_quickly(
            _as_pixels(image),
            short_side=self.augmentation.short_side,
            squash_to=self.augmentation.squash_to,
            interpolation=self.spec.interpolation,
        )
        rng = np.random.default_rng() if rng is None else rng
        return _normalised(self.augmentation.apply(pixels, rng), self.spec)


@final
@dataclass(frozen=True, slots=True)
class ValidTransform:
    """What happens to any other image: brought to size, then normalised."""

    spec: ImageSpec

    def __call__(
        self, image: Shaped[np.ndarray, "H W 3"]
    ) -> Float32[np.ndarray, "3 S S"]:
        """Normalise one image; the same image gives the same numbers.

        Args:
            image: RGB, float on the 0-1 scale or uint8.

        Raises:
            DataError: If ``image`` is neither of the two.
        """
        return _normalised(preprocess(_as_pixels(image), self.spec), self.spec)


def _as_pixels(image: Shaped[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] != 3:
        raise DataError(
            f"Got an image of shape {array.shape}. Expected (height, width, 3), RGB."
        )
    if array.dtype == np.uint8:
        return array
    is_on_scale = np.issubdtype(array.dtype, np.floating) and _spans_one(array)
    if not is_on_scale:
        raise DataError(
            f"Got an image of {array.dtype} with values from {array.min():g} to "
            f"{array.max():g}. Expected float on the 0-1 scale, or uint8."
        )
    return np.rint(array.clip(0, 1) * 255).astype(np.uint8)


def _spans_one(array: Float[np.ndarray, "H W 3"]) -> bool:
    """Tell whether values lie within 0-1, give or take what a filter overshoots."""
    return bool(array.min() >= -0.1 and array.max() <= 1.1)


def _normalised(
    pixels: UInt8[np.ndarray, "S S 3"], spec: ImageSpec
) -> Float32[np.ndarray, "3 S S"]:
    import torch

    from unfreeze.augment.normalise import normalise

    batch = normalise(torch.tensor(pixels[None]), spec)
    return np.ascontiguousarray(batch[0].numpy())
