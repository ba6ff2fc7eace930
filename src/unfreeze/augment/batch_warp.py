"""The warp and the light table of ``kernels``, for a whole batch on its device.

Images of different sizes lie one after another in one long list of pixels, so nothing
is padded, and each keeps its true border. All arguments of a call lie on one device,
which does the work: nothing loops over images, or makes the processor wait.

The arithmetic is that of OpenCV 5: places and colours in float32, halves rounded to
even. Only a colour within rounding errors of a half may end one level beside that of
``kernels.warp``. On noise, the hardest case, up to 12 values in 100,000 did with
float64 matrices, and up to 200 with float32 ones.
"""

import itertools
from collections.abc import Sequence
from typing import TypeAlias, assert_never

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, Int32, Int64, UInt8
from torch import Tensor

from unfreeze.augment.kernels import Border

__all__ = ["light_batch", "pack", "warp_batch"]

# Per new pixel, along one axis: a pixel of the source, and its share.
_Neighbour: TypeAlias = tuple[Int32[Tensor, "B S S"], Float32[Tensor, "B S S"]]

# A million new pixels need about 90 MB to work in, and keep a large device busy.
_PIXELS_AT_ONCE = 2**20


def pack(
    images: Sequence[UInt8[np.ndarray, "_ _ 3"]], *, pinned: bool = False
) -> tuple[UInt8[Tensor, "P 3"], Int64[Tensor, "B 2"]]:
    """Copy images of any sizes one after another into one tensor.

    Args:
        images: One or more.
        pinned: Whether to use page-locked memory, from which a copy to an accelerator
            need not make the processor wait. Needs an accelerator.

    Returns:
        The pixels of all images, row by row, and the width and height of each.
    """
    sizes = torch.tensor([(image.shape[1], image.shape[0]) for image in images])
    count = int(sizes.prod(dim=1).sum())
    pixels = torch.empty((count, 3), dtype=torch.uint8, pin_memory=pinned)
    np.concatenate([image.reshape(-1, 3) for image in images], out=pixels.numpy())
    return pixels, sizes


def warp_batch(
    pixels: UInt8[Tensor, "P 3"],
    sizes: Int[Tensor, "B 2"],
    matrices: Float[Tensor, "B 3 3"],
    size: int,
    border: Border = "reflect",
) -> UInt8[Tensor, "B S S 3"]:
    """Fill a square from each image, with one bilinear interpolation per pixel.

    Whole-pixel shifts, mirroring and quarter turns are exact. No areas are averaged
    where a matrix shrinks an image noticeably: to get what ``kernels.warp`` gives,
    pack what ``kernels.average_areas`` returns, and pass its matrices.

    Args:
        pixels: Images as ``pack`` lays them out.
        sizes: Width and height of each image.
        matrices: Each maps places on the square to places on the image, in the
            coordinates of ``geometry``. In float64, which Apple's devices lack,
            fewer roundings differ from those of OpenCV than in float32.
        size: Side of the squares in pixels, S.
        border: What lies outside each image.
    """
    areas = sizes.prod(dim=1)
    per_image = (
        areas.cumsum(dim=0) - areas,
        sizes.to(torch.int32),
        _between_pixel_centres(matrices).to(torch.float32),
    )
    groups = zip(
        *(part.split(_images_at_once(size)) for part in per_image), strict=True
    )
    return torch.cat(
        [
            _warp_some(pixels, starts, some_sizes, affine, size, border)
            for starts, some_sizes, affine in groups
        ]
    )


def light_batch(
    pixels: UInt8[Tensor, "B S S 3"], tables: UInt8[Tensor, "B 256"]
) -> UInt8[Tensor, "B S S 3"]:
    """Look every value up in the table of its image, as ``kernels.light`` does.

    Args:
        pixels: They are not changed.
        tables: One of ``kernels.light_table`` per image.
    """
    at_once = _images_at_once(pixels.shape[1])
    groups = zip(pixels.flatten(1).split(at_once), tables.split(at_once), strict=True)
    lit = [table.gather(1, values.to(torch.int64)) for values, table in groups]
    return torch.cat(lit).view(pixels.shape)


def _images_at_once(size: int) -> int:
    return max(1, _PIXELS_AT_ONCE // size**2)


def _warp_some(
    pixels: UInt8[Tensor, "P 3"],
    starts: Int64[Tensor, " B"],
    sizes: Int32[Tensor, "B 2"],
    affine: Float32[Tensor, "B 2 3"],
    size: int,
    border: Border,
) -> UInt8[Tensor, "B S S 3"]:
    """Fill squares from the images that begin at ``starts`` among ``pixels``."""
    width, height = sizes.view(-1, 2, 1, 1).unbind(1)
    x, y = _places(affine, size).unbind(1)
    across = _neighbours(x, width, border)
    down = _neighbours(y, height, border)
    blend = torch.zeros((x.numel(), 3), device=x.device)
    for (row, height_share), (column, width_share) in itertools.product(down, across):
        places = starts.view(-1, 1, 1) + (row * width + column)
        colours = pixels.index_select(0, places.flatten())
        blend += colours * (height_share * width_share).view(-1, 1)
    return blend.round_().to(torch.uint8).view(*x.shape, 3)


def _places(affine: Float32[Tensor, "B 2 3"], size: int) -> Float32[Tensor, "B 2 S S"]:
    """Say where the centre of each new pixel lies, x before y, added up as in cv2."""
    per_column, per_row, shift = affine[..., None, None].unbind(2)
    steps = torch.arange(size, dtype=torch.float32, device=affine.device)
    return torch.addcmul(per_row * steps[:, None] + shift, per_column, steps)


def _neighbours(
    places: Float32[Tensor, "B S S"], length: Int32[Tensor, "B 1 1"], border: Border
) -> tuple[_Neighbour, _Neighbour]:
    """List the pixels before and after each place along an axis of ``length``."""
    before = places.floor()
    share = places - before
    pixel = before.to(torch.int32)
    return (
        _inside(pixel, 1 - share, length, border),
        _inside(pixel + 1, share, length, border),
    )


def _inside(
    pixel: Int32[Tensor, "B S S"],
    share: Float32[Tensor, "B S S"],
    length: Int32[Tensor, "B 1 1"],
    border: Border,
) -> _Neighbour:
    """Exchange pixels outside 0 to ``length`` - 1 for those that stand for them."""
    nearest = torch.minimum(pixel.clamp(min=0), length - 1)
    match border:
        case "reflect":
            there_and_back = (2 * length - 2).clamp(min=1)
            travelled = pixel.remainder(there_and_back)
            return torch.minimum(travelled, there_and_back - travelled), share
        case "edge":
            return nearest, share
        case "constant":
            return nearest, share * (nearest == pixel)
        case _:
            assert_never(border)


def _between_pixel_centres(
    matrices: Float[Tensor, "B 3 3"],
) -> Float[Tensor, "B 2 3"]:
    """Move the origin from the corner of the first pixel to its centre."""
    linear, shift = matrices[:, :2, :2], matrices[:, :2, 2:]
    half_a_pixel = linear.sum(dim=2, keepdim=True) / 2 - 0.5
    return torch.cat((linear, shift + half_a_pixel), dim=2)
