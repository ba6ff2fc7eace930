"""A head's linear layer, whose products are made in half precision while it learns."""

from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional
from typing_extensions import override

__all__ = ["Linear"]

_LEAST_WIDTH = 128
"""Outputs from which on half precision pays. With fewer, turning the numbers into it
takes longer than it saves."""


@final
class Linear(nn.Linear):
    """``nn.Linear`` in single precision, but for its products, where that is faster.

    While it learns on a CPU under autocast, the three products of a step (the outputs,
    and the gradients of inputs and weights) read numbers rounded to bfloat16 and add
    up in single precision. Weights, bias, inputs, outputs and gradients stay in single
    precision. In evaluation mode, and on other devices, nothing is rounded.
    """

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        """Turn ``B I`` in single precision into ``B O``, also in single precision."""
        kind = inputs.device.type
        halves = kind == "cpu" and torch.is_autocast_enabled(kind) and self.training
        with torch.autocast(kind, enabled=False):
            if halves and self.out_features >= _LEAST_WIDTH:
                product: Tensor = _HalfProduct.apply(inputs, self.weight)
                return product + self.bias
            return super().forward(inputs)


class _HalfProduct(Function):
    """``inputs @ weight.T``, with both and the gradient rounded to bfloat16."""

    @staticmethod
    @override
    def forward(ctx: Any, inputs: Tensor, weight: Tensor) -> Tensor:
        inputs, weight = inputs.bfloat16(), weight.bfloat16()
        ctx.save_for_backward(inputs, weight)
        return functional.linear(inputs, weight).float()

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        inputs, weight = ctx.saved_tensors
        gradient = gradient.bfloat16()
        wants_inputs, wants_weight = ctx.needs_input_grad
        return (
            (gradient @ weight).float() if wants_inputs else None,
            (gradient.t() @ inputs).float() if wants_weight else None,
        )
