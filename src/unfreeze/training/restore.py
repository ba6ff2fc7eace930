"""Borrow state, and give it back on every way out."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["borrowed_random_state", "put_back", "repeatable", "seed_modules"]


@contextmanager
def borrowed_random_state(device: torch.device) -> Iterator[None]:
    """Let the body call ``seed_modules``, and undo that afterwards."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


def seed_modules(device: torch.device, seed: int) -> None:
    """Seed the global generators from which modules on ``device`` draw.

    These are the CPU's and the device's own; ``torch.manual_seed`` would reach those
    of other devices, too, which nobody has borrowed.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """Let convolutions add up in the same order each time, in the body.

    Without this, cuDNN may take a faster way whose sums depend on chance, or choose
    its ways by a stopwatch. On other devices there is nothing to do.
    """
    if device.type != "cuda":
        yield
        return
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        cudnn.deterministic, cudnn.benchmark = before


@contextmanager
def put_back(model: nn.Module) -> Iterator[None]:
    """Return weights, statistics, gradients and modes of ``model`` to those on entry.

    What is frozen and what learns is put back as well. Holds on Ctrl-C and on any
    error, too.
    """
    saved = copy.deepcopy(model.state_dict())
    parameters = [(each, each.requires_grad, each.grad) for each in model.parameters()]
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        model.load_state_dict(saved)
        for parameter, learned, gradient in parameters:
            parameter.requires_grad_(learned)
            parameter.grad = gradient
        for module, was_training in modes:
            module.training = was_training
