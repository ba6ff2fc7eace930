"""A head's linear layer, whose products are made in half precision while it learns."""

from typing import Any, TypeAlias, final

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional
from typing_extensions import override

__all__ = ["Linear"]

_Gradients: TypeAlias = tuple[Tensor | None, Tensor | None, Tensor]

_LEAST_WIDTH = 128
"""Outputs from which on half precision pays. With fewer, turning the numbers into it
takes longer than it saves."""


@final
class Linear(nn.Linear):
    """``nn.Linear`` in single precision, but for its products, where that is faster.

    While it learns on a CPU under autocast, the three products of a step (the outputs,
    and the gradients of inputs and weights) read numbers rounded to bfloat16 and add
    up in single precision; the sums are rounded, too. Weights, bias, batch norm around
    it and all that is added to weights stay in single precision. In evaluation mode,
    with few outputs, and on other devices, nothing is rounded.
    """

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        """Turn ``B I`` in single precision into ``B O``, also in single precision."""
        if not torch.is_autocast_enabled(inputs.device.type):
            return super().forward(inputs)
        is_wide = self.out_features >= _LEAST_WIDTH
        if self.training and is_wide and inputs.device.type == "cpu":
            outputs: Tensor = _RoundedProduct.apply(inputs, self.weight, self.bias)
            return outputs
        with torch.autocast(inputs.device.type, enabled=False):
            return super().forward(inputs)


@final
class _RoundedProduct(Function):
    """``inputs @ weight.T + bias``, with factors and products rounded to bfloat16."""

    @staticmethod
    @override
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        inputs, weight = inputs.bfloat16(), weight.bfloat16()
        ctx.save_for_backward(inputs, weight)
        return functional.linear(inputs, weight).float().add_(bias)

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> _Gradients:
        inputs, weight = ctx.saved_tensors
        wants_inputs, wants_weight, _ = ctx.needs_input_grad
        rounded = gradient.bfloat16()
        return (
            (rounded @ weight).float() if wants_inputs else None,
            (rounded.t() @ inputs).float() if wants_weight else None,
            gradient.sum(0),
        )
