"""From bytes to the numbers a model reads."""

import torch

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
    factors = torch.tensor(factor, device=pixels.device).repeat(width)
    offsets = torch.tensor(offset, device=pixels.device).repeat(width)
    rows = pixels.flatten(2).to(torch.float32)
    torch.addcmul(offsets, rows, factors, out=rows)
    return rows.to(dtype).view(pixels.shape).permute(0, 3, 1, 2)
