"""Watch a network run once, to learn what its code does not declare."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["blank_images", "children_run_by", "evaluating", "watching"]


def blank_images(module: nn.Module, size: int) -> Tensor:
    """Make one black image of ``size`` pixels a side, where ``module`` is."""
    device = next((each.device for each in module.parameters()), torch.device("cpu"))
    return torch.zeros(1, 3, size, size, device=device)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put ``module`` in evaluation mode without gradients, then back as it was."""
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        # Not inference_mode: networks may keep tensors made here for later training.
        with torch.no_grad():
            yield
    finally:
        for each, training in modes:
            each.training = training


@contextmanager
def watching(
    modules: dict[str, nn.Module],
    notice: Callable[[str, tuple[object, ...], object], None],
    foresee: Callable[[str, tuple[object, ...]], None] | None = None,
) -> Iterator[None]:
    """Call ``notice(name, inputs, output)`` whenever one of ``modules`` has run.

    And ``foresee(name, inputs)`` when one is about to run, perhaps in place.
    """

    def hook_for(name: str) -> Callable[..., None]:
        return lambda _, inputs, output: notice(name, inputs, output)

    def early_hook_for(
        name: str, call: Callable[[str, tuple[object, ...]], None]
    ) -> Callable[..., None]:
        return lambda _, inputs: call(name, inputs)

    handles = [m.register_forward_hook(hook_for(n)) for n, m in modules.items()]
    if foresee is not None:
        handles += [
            module.register_forward_pre_hook(early_hook_for(name, foresee))
            for name, module in modules.items()
        ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def children_run_by(
    network: nn.Module, run: Callable[[], Tensor]
) -> tuple[frozenset[str], Tensor]:
    """Name the direct children of ``network`` of which ``run()`` uses any part.

    Returns:
        The names, and what ``run()`` returned.
    """
    seen: set[str] = set()
    inner = {name: module for name, module in network.named_modules() if name}
    with watching(inner, lambda name, *_: seen.add(name.partition(".")[0])):
        output = run()
    return frozenset(seen), output
