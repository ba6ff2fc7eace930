"""From bytes to the numbers a model reads."""

from collections.abc import Sequence

import torch
from jaxtyping import Float32
from torch import Tensor

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
    factor = [1 / (255 * std) for std in spec.std]
    offset = [-mean / std for mean, std in zip(spec.mean, spec.std, strict=True)]
    # One image row is W * 3 numbers in a line. Constants of that length let the
    # arithmetic run over whole lines; broadcasting over 3 is four times slower.
    width = pixels.shape[2]
    factors = _along_a_row(factor, width, pixels.device)
    offsets = _along_a_row(offset, width, pixels.device)
    rows = pixels.flatten(2).to(torch.float32)
    torch.addcmul(offsets, rows, factors, out=rows)
    return rows.to(dtype).view(pixels.shape).permute(0, 3, 1, 2)


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
