"""Example answers beside an exported model, for whoever runs it elsewhere to compare.

The images are made up, so that nobody's photos travel with a model.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from unfreeze.atomic import written_whole
from unfreeze.bundle import golden_file
from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = ["golden_beside", "golden_images"]

_SHAPES = ((1.0, 1.0), (1.5, 2.0), (2.0, 1.25), (0.5, 0.75))
"""Height and width in terms of the square that the model reads."""

_PATCHES = 8


def golden_images(size: int) -> list[UInt8[np.ndarray, "H W 3"]]:
    """Make images of several sizes: patches of colour under a gradient of light."""
    images = []
    for row, (height, width) in enumerate(_SHAPES):
        rng = rng_for(0, Purpose.GOLDEN, row=row)
        patches = rng.integers(0, 256, (_PATCHES, _PATCHES, 3))
        down, across = (
            np.arange(round(side * size)) * _PATCHES // round(side * size)
            for side in (height, width)
        )
        light = np.linspace(0.25, 1, len(across))[None, :, None]
        image = patches[down[:, None], across[None, :]] * light
        images.append(image.astype(np.uint8))
    return images


@contextmanager
def golden_beside(
    path: Path,
    images: list[UInt8[np.ndarray, "H W 3"]],
    probs: Float32[np.ndarray, "N K"],
) -> Iterator[Path]:
    """Write images and their probabilities, and the exported model in the body.

    Those of an earlier model stay until the body has written the new one, and stay
    with it where that fails.

    Args:
        path: Of the model.
        images: Of any size.
        probs: What the model says of each.
    """
    arrays = {f"pixels_{row}": image for row, image in enumerate(images)}
    target = golden_file(path)
    with written_whole(target) as stream:
        np.savez_compressed(stream, allow_pickle=False, probabilities=probs, **arrays)
        stream.flush()
        os.fsync(stream.fileno())  # no full disk may part it from its model
        yield target
