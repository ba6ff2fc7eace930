"""Dropout that draws its noise sixteen bits at a time."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

__all__ = ["Dropout"]

_LEVELS = 2**16
_PER_WORD = 4  # shares of 16 bits in a number of 64


@final
class Dropout(nn.Dropout):
    """Zero a share ``p`` of the numbers while learning, and scale up the others.

    As ``nn.Dropout`` does (Srivastava et al., 2014), from the same generator. On CPUs
    that one draws each number by itself, which takes as long as a matrix product of
    the head; here a draw of 64 bits decides on four, and ``p`` is rounded to a
    multiple of 1/65536.
    """

    @override
    def forward(self, features: Tensor) -> Tensor:
        """Change a batch of any shape; in evaluation mode, return it as it is."""
        if not self.training or self.p == 0 or features.device.type != "cpu":
            return functional.dropout(features, self.p, self.training)
        dropped = round(self.p * _LEVELS)
        if dropped == _LEVELS:
            return features * 0.0
        scale = _LEVELS / (_LEVELS - dropped)
        scales = torch.empty_like(features)
        # Numbers at once: to turn booleans into them takes six times as long.
        torch.ge(_noise(features), dropped - _LEVELS // 2, out=scales)
        return features * scales.mul_(scale)


def _noise(like: Tensor) -> Tensor:
    """Evenly distributed 16-bit numbers, -32768 to 32767, in the shape of ``like``."""
    count = like.numel()
    words = torch.empty(-(-count // _PER_WORD), dtype=torch.int64)
    words.random_(-(2**63), None)
    return words.view(torch.int16)[:count].view(like.shape)
