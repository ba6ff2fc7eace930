"""From bytes to the numbers a model reads."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float32, Shaped
from torch import Tensor

from unfreeze.records import ImageSpec
from unfreeze.tensors import Images, Pixels
from unfreeze.torch_threads import on_half_the_threads

__all__ = ["normalise"]

_AT_ONCE = 8
"""Photos of a batch that go through one step of the arithmetic before the next, so
that they are still in the processor's cache: that halves the time."""


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
    line = _line(spec, width=pixels.shape[2], device=pixels.device)
    if pixels.device.type == "cpu" and pixels.dtype == torch.uint8:
        numbers = _in_pieces(pixels, line, dtype)
    else:
        floats = pixels.flatten(2).to(torch.float32)
        numbers = torch.addcmul(line.offsets, floats, line.factors)
        numbers = numbers.view(pixels.shape).to(dtype)
    return numbers.permute(0, 3, 1, 2)


class _Line(NamedTuple):
    """What the numbers in one row of an image are multiplied by, and what is added.

    A row is W * 3 numbers in a line. Constants of that length let the arithmetic run
    over whole lines; broadcasting over 3 is four times slower.
    """

    factors: Float32[Tensor, " L"]
    offsets: Float32[Tensor, " L"]


def _line(spec: ImageSpec, *, width: int, device: torch.device) -> _Line:
    factor = [1 / (255 * std) for std in spec.std]
    offset = [-mean / std for mean, std in zip(spec.mean, spec.std, strict=True)]
    return _Line(_repeated(factor, width, device), _repeated(offset, width, device))


def _repeated(
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


def _in_pieces(
    pixels: Pixels, line: _Line, dtype: torch.dtype
) -> Shaped[Tensor, "N H W 3"]:
    numbers = torch.empty(pixels.shape, dtype=dtype)
    pieces = zip(pixels.split(_AT_ONCE), numbers.split(_AT_ONCE), strict=True)
    with on_half_the_threads():
        for some, place in pieces:
            is_exact = dtype == torch.float32
            exact = place if is_exact else torch.empty(some.shape, dtype=torch.float32)
            rows = exact.copy_(some).flatten(2)
            torch.addcmul(line.offsets, rows, line.factors, out=rows)
            if not is_exact:
                place.copy_(exact)
    return numbers
