"""Read photos that are going to be varied: as ``read_pixels`` does, and more quickly.

OpenCV decodes a JPEG to the very pixels that pillow decodes it to, without spare bytes
between them and in one go. (On damaged files libjpeg complains to the terminal, where
pillow keeps it silent.) Torch's antialiased resizing of 8-bit images follows that of
pillow down to its whole-number weights, with vector instructions. On photos one value
in 300 comes out a level beside pillow's, rarely two: nothing to what is turned,
stretched and brightened afterwards. Plain photos, that a model is measured with and
asked about, are never read in this way.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from unfreeze.data.decode import DECODER, Shortcuts, Source, read_pixels
from unfreeze.records import Interpolation

__all__ = ["QUICK_DECODER", "read_quickly"]

QUICK_DECODER = (
    f"{DECODER}, quick rules 1, opencv {cv2.__version__}, torch {torch.__version__}"
)
"""Names everything that these pixels depend on besides the file."""

# What torch.nn.functional.interpolate calls where it antialiases. It does not take the
# size of the result and the part of the image that counts at once.
_RESIZERS: dict[Interpolation, Callable[..., torch.Tensor]] = {
    "bilinear": torch.ops.aten._upsample_bilinear2d_aa.default,
    "bicubic": torch.ops.aten._upsample_bicubic2d_aa.default,
}


def read_quickly(
    source: Source,
    *,
    short_side: int | None = None,
    squash_to: int | None = None,
    interpolation: Interpolation = "bilinear",
) -> UInt8[np.ndarray, "H W 3"]:
    """Do what ``read_pixels`` does, with the same arguments and errors.

    Returns:
        The same pixels but for a level or two where the size changes.
    """
    shortcuts = None
    if interpolation in _RESIZERS:
        resize = partial(_resized, _RESIZERS[interpolation])
        shortcuts = Shortcuts(_decoded, resize)
    return read_pixels(
        source,
        short_side=short_side,
        squash_to=squash_to,
        interpolation=interpolation,
        shortcuts=shortcuts,
    )


def _decoded(content: bytes) -> UInt8[np.ndarray, "H W 3"] | None:
    how = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), how)
    except cv2.error:
        return None


def _resized(
    resizer: Callable[..., torch.Tensor],
    pixels: UInt8[np.ndarray, "H W 3"],
    part: tuple[float, float],
    to: tuple[int, int],
) -> UInt8[np.ndarray, "h w 3"]:
    image = torch.from_numpy(pixels)[None].permute(0, 3, 1, 2)
    width, height = to
    scales = height / part[1], width / part[0]
    resized = resizer(image, [height, width], False, *scales)
    return resized[0].permute(1, 2, 0).contiguous().numpy()
