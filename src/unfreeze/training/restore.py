"""Borrow state, and give it back on every way out."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["borrowed_random_state", "put_back", "snapshot"]


@contextmanager
def borrowed_random_state(device: torch.device) -> Iterator[None]:
    """Let the body seed torch's global generators, and restore them afterwards."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


@contextmanager
def put_back(model: nn.Module) -> Iterator[None]:
    """Return weights, statistics, gradients and modes of ``model`` to those on entry.

    Holds on Ctrl-C and on any error, too.
    """
    saved = snapshot(model)
    gradients = [parameter.grad for parameter in model.parameters()]
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        model.load_state_dict(saved)
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.grad = gradient
        for module, was_training in modes:
            module.training = was_training


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    """Copy all weights and statistics, on the device where they are."""
    return copy.deepcopy(model.state_dict())
