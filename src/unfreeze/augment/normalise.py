"""From bytes to the numbers a model reads."""

from collections.abc import Sequence

import torch
from jaxtyping import Float32, Shaped
from torch import Tensor

from unfreeze.augment import kernels
from unfreeze.records import ImageSpec
from unfreeze.tensors import Images, Pixels

__all__ = ["normalise"]


def normalise(
    pixels: Pixels, spec: ImageSpec, dtype: torch.dtype = torch.float32
) -> Images:
    """Subtract the mean and divide by the standard deviation, per colour channel.

    Args:
        pixels: Stays as it is. The result lives on the same device.
        spec: Its ``mean`` and ``std`` are on the 0-1 scale.
        dtype: Of the result. The arithmetic is float32 whatever it is.

    Returns:
        A new batch, in channels_last memory order.
    """
    if pixels.device.type == "cpu" and pixels.dtype == torch.uint8:
        numbers = _looked_up(pixels, _table(spec, dtype))
    else:
        numbers = _calculated(pixels, spec).to(dtype)
    return numbers.permute(0, 3, 1, 2)


def _looked_up(
    pixels: Pixels, table: Shaped[Tensor, "256 3"]
) -> Shaped[Tensor, "N H W 3"]:
    """Take from a table what was calculated once for each of 256 values.

    That takes a processor as long as the arithmetic, and a single call for a whole
    batch: between many calls it would wait for the threads that read photos, since
    Python runs in one thread at a time.
    """
    numbers = torch.empty(pixels.shape, dtype=table.dtype)
    bits = _NAMELESS.get(table.dtype, table.dtype)
    kernels.look_up(
        pixels.contiguous().flatten(0, 1).numpy(),
        table.view(bits).numpy(),
        out=numbers.view(bits).flatten(0, 1).numpy(),
    )
    return numbers


_NAMELESS = {torch.bfloat16: torch.uint16, torch.float16: torch.uint16}
"""Numbers that OpenCV does not know, and others of the same length."""


def _table(spec: ImageSpec, dtype: torch.dtype) -> Shaped[Tensor, "256 3"]:
    values = torch.arange(256, dtype=torch.float32).view(1, 256, 1, 1)
    return _calculated(values.expand(-1, -1, -1, 3), spec)[0, :, 0].to(dtype)


def _calculated(
    pixels: Shaped[Tensor, "N H W 3"], spec: ImageSpec
) -> Float32[Tensor, "N H W 3"]:
    factor = [1 / (255 * std) for std in spec.std]
    offset = [-mean / std for mean, std in zip(spec.mean, spec.std, strict=True)]
    # One image row is W * 3 numbers in a line. Constants of that length let the
    # arithmetic run over whole lines; broadcasting over 3 is four times slower.
    width = pixels.shape[2]
    factors = _along_a_row(factor, width, pixels.device)
    offsets = _along_a_row(offset, width, pixels.device)
    numbers = pixels.flatten(2).to(torch.float32)
    return torch.addcmul(offsets, numbers, factors).view(pixels.shape)


def _along_a_row(
    values: Sequence[float], width: int, device: torch.device
) -> Float32[Tensor, " L"]:
    """Repeat a value per channel, pixel by pixel.

    Filled in on the device: a copy from the processor's memory would wait for all
    that the device has still to do.
    """
    row = torch.empty((width, len(values)), dtype=torch.float32, device=device)
    for channel, value in enumerate(values):
        row[:, channel].fill_(value)
    return row.flatten()
