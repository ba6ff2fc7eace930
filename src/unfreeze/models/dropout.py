"""Dropout that draws its noise a few bits at a time."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

__all__ = ["Dropout"]


@final
class Dropout(nn.Dropout):
    """Zero a share ``p`` of the numbers while learning, and scale up the others.

    As ``nn.Dropout`` does (Srivastava et al., 2014), from the same generator. On CPUs
    that one draws each number by itself, which takes as long as a matrix product of
    the head; here a draw of 64 bits decides on eight if ``p`` is a multiple of 1/256,
    and on four otherwise, with ``p`` rounded to a multiple of 1/65536.
    """

    @override
    def forward(self, features: Tensor) -> Tensor:
        """Change a batch of any shape; in evaluation mode, return it as it is."""
        if not self.training or self.p == 0 or features.device.type != "cpu":
            return functional.dropout(features, self.p, self.training)
        bits = torch.int8 if (256 * self.p).is_integer() else torch.int16
        levels = 256**bits.itemsize
        dropped = round(self.p * levels)
        if dropped == levels:
            return features * 0.0
        scales = torch.empty_like(features)
        # Numbers at once: to turn booleans into them takes six times as long.
        torch.ge(_noise(features, bits), dropped - levels // 2, out=scales)
        return features * scales.mul_(levels / (levels - dropped))


def _noise(like: Tensor, bits: torch.dtype) -> Tensor:
    """Evenly distributed numbers, negative half of the time, in the shape of ``like``.

    All values of the type ``bits`` are equally likely.
    """
    count = like.numel()
    words = torch.empty(-(-count * bits.itemsize // 8), dtype=torch.int64)
    words.random_(-(2**63), None)
    return words.view(bits)[:count].view(like.shape)
