"""From bytes to the numbers a model reads."""

from collections.abc import Sequence

import torch
from jaxtyping import Float32
from torch import Tensor

from unfreeze.records import ImageSpec
from unfreeze.tensors import Images, Pixels

__all__ = ["normalise"]

_MOST_AT_ONCE = 2**15
"""Numbers that a processor works on in one go. So many stay in its fastest memory
between two operations, and torch hands no part of them to another thread: threads that
read photos keep all cores busy, and waiting for a core costs more than it saves."""


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
    rows = pixels.flatten(2).flatten(0, 1)
    images = torch.empty(rows.shape, dtype=dtype, device=pixels.device)
    is_single = dtype == torch.float32
    at_once = len(rows)
    if pixels.device.type == "cpu":
        at_once = max(1, _MOST_AT_ONCE // factors.numel())
    for some, result in zip(rows.split(at_once), images.split(at_once), strict=True):
        numbers = result.copy_(some) if is_single else some.to(torch.float32)
        torch.addcmul(offsets, numbers, factors, out=numbers)
        if not is_single:
            result.copy_(numbers)
    return images.view(pixels.shape).permute(0, 3, 1, 2)


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
