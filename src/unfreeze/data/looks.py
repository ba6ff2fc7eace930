"""What one look at an image tells besides that it can be read."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped, UInt8

from unfreeze.data.perceptual import HASH_BYTES, perceptual_hash

__all__ = ["LOOK", "Glance", "as_look"]

LOOK = np.dtype(
    [
        ("hash", "u1", (HASH_BYTES,)),  # perceptual; zeros for one like no other
        ("contrast", "<f4"),  # standard deviation of grey values, 0-255
        ("width", "<u4"),  # pixels, as stored
        ("height", "<u4"),
        ("format", "S8"),
        ("mode", "S8"),
        ("orientation", "u1"),  # 1-8, as EXIF numbers them
        ("is_see_through", "?"),
        ("is_animated", "?"),
        ("is_grey", "?"),
    ]
)
"""A :class:`Glance` in 64 bytes, so that millions can be kept."""

_GREY_TOLERANCE = 3  # JPEG stores colour apart from brightness, and rounds both


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glance:
    """What decoding an image once, at a reduced scale, shows."""

    file_format: str
    """As pillow calls it; empty for pixels that never were a file."""

    mode: str
    """How the file stores colour, as pillow calls it: RGB, L, CMYK, P, I;16, ..."""

    size: tuple[int, int]
    """Width and height in pixels, as stored."""

    orientation: int
    """1 to 8, as EXIF numbers them; 1 is upright."""

    is_see_through: bool
    """Whether parts are transparent."""

    is_animated: bool
    """Whether the file holds several pictures, of which the first counts."""

    picture: UInt8[np.ndarray, "32 32 3"]
    """The upright image, squeezed; RGB, 0-255."""


def as_look(glance: Glance) -> Shaped[np.ndarray, ""]:
    """Keep what matters of a glance as one element of :data:`LOOK`."""
    pixels = glance.picture.astype(np.int32)
    grey = (299 * pixels[..., 0] + 587 * pixels[..., 1] + 114 * pixels[..., 2]) // 1000
    spread = pixels.max(axis=2) - pixels.min(axis=2)
    return np.array(
        (
            perceptual_hash(grey.astype(np.uint8)),
            grey.std(),
            *glance.size,
            glance.file_format.encode(),
            glance.mode.encode(),
            glance.orientation,
            glance.is_see_through,
            glance.is_animated,
            spread.max() <= _GREY_TOLERANCE,
        ),
        dtype=LOOK,
    )
