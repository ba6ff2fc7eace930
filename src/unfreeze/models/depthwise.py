"""Convolutions whose gradient in half precision is no bargain on a CPU.

oneDNN has no fast bfloat16 kernel for the gradient of a depthwise convolution with a
stride: it takes 11 to 25 times as long as in single precision (torch 2.15, AMX), and
with it most of the time that a mobilenet or an efficientnet needs for a step. There are
four or five such layers in a network, and they do little arithmetic.
"""

from types import MethodType

import torch
from torch import Tensor, nn

__all__ = ["keep_gradients_fast"]


def keep_gradients_fast(network: nn.Module) -> None:
    """Let strided depthwise convolutions learn in single precision on a CPU.

    Answers without gradients, other devices and other layers stay as they are, and so
    do the names and values of all parameters.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and _is_strided_depthwise(module):
            # A method of the instance: copies of the module are bound to themselves.
            module.forward = MethodType(_forward, module)  # type: ignore[method-assign]


def _is_strided_depthwise(conv: nn.Conv2d) -> bool:
    return conv.groups == conv.in_channels > 1 and max(conv.stride) > 1


def _forward(conv: nn.Conv2d, images: Tensor) -> Tensor:
    device = images.device.type
    is_slow = device == "cpu" and torch.is_autocast_enabled(device)
    if not (is_slow and torch.is_grad_enabled()):
        return nn.Conv2d.forward(conv, images)
    with torch.autocast(device, enabled=False):
        return nn.Conv2d.forward(conv, images.float())
