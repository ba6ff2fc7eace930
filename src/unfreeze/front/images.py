"""``open_image``: one photo as the lesson's arrays."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32

from unfreeze.data.decode import read_pixels

__all__ = ["open_image"]


def open_image(path: str | Path) -> Float32[np.ndarray, "H W 3"]:
    """Read a photo as RGB from 0 to 1, upright, in its own size.

    Raises:
        ImageError: If it cannot be read.
    """
    return read_pixels(Path(path)).astype(np.float32) / 255
