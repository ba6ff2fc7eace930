"""Images and labels that are in memory already, as an index."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from unfreeze.data.index import ImageIndex
from unfreeze.errors import DataError

__all__ = ["as_labels", "as_pixels", "index_arrays", "names_of"]


def index_arrays(
    root: Path, images: np.ndarray, labels: np.ndarray | None, classes: Sequence[str]
) -> ImageIndex:
    """Index images that never were files.

    Args:
        root: Where a run on these images writes.
        images: As ``as_pixels`` takes them.
        labels: As ``as_labels`` takes them; None where they are unknown.
        classes: Names in label order.

    Raises:
        DataError: If an array is of another kind, or labels do not match images.
    """
    numbers = None if labels is None else as_labels(labels)
    return ImageIndex(root, tuple(classes), as_pixels(images), numbers)


def as_pixels(images: np.ndarray) -> UInt8[np.ndarray, "N H W 3"]:
    """Bring images to RGB bytes.

    Args:
        images: N H W (grey), N H W 1 or N H W 3; uint8, or float from 0 to 1, which
            is rounded to 256 levels.

    Raises:
        DataError: If the shape, the type or the range is another.
    """
    array = np.asarray(images)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[3] not in (1, 3):
        raise DataError(
            f"Got images of shape {np.shape(images)}. Expected (images, height, "
            "width) or (images, height, width, 3), colours last."
        )
    if np.issubdtype(array.dtype, np.floating):
        array = _from_shares(array)
    if array.dtype != np.uint8:
        raise DataError(
            f"Got images of type {array.dtype}. Expected uint8 from 0 to 255, or float "
            "from 0 to 1."
        )
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:3], 3)))


def as_labels(
    labels: np.ndarray | None,
) -> Int64[np.ndarray, " N"] | Float32[np.ndarray, "N K"]:
    """Bring labels to class numbers, or to rows of 0s and 1s.

    Raises:
        DataError: If they are neither.
    """
    array = np.asarray(labels)
    if array.ndim == 1 and np.issubdtype(array.dtype, np.integer):
        return array.astype(np.int64)
    if array.ndim == 2 and np.isin(array, (0, 1)).all():
        return array.astype(np.float32)
    raise DataError(
        f"Got labels of type {array.dtype} and shape {array.shape}. Expected whole "
        "class numbers, one per image, or a row of 0s and 1s per image."
    )


def names_of(labels: np.ndarray) -> tuple[str, ...]:
    """Name the classes after their numbers, from 0 to the largest.

    A column of 0s and 1s is named after its position.
    """
    numbers = as_labels(labels)
    count = numbers.shape[1] if numbers.ndim == 2 else int(numbers.max(initial=0)) + 1
    return tuple(str(number) for number in range(count))


def _from_shares(array: np.ndarray) -> UInt8[np.ndarray, "N H W C"]:
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise DataError(
            f"Got float images from {array.min():g} to {array.max():g}. Expected 0 to "
            "1, before any normalisation."
        )
    return np.round(array * 255).astype(np.uint8)
