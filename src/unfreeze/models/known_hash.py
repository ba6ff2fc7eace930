"""The content hash of a module, computed anew only where its weights have changed."""

from typing import TypeAlias, final

import torch
from torch import Tensor, nn

from unfreeze.models.weights import content_hash

__all__ = ["KnownHash"]

_Stamp: TypeAlias = tuple[tuple[str, int, int, float, float], ...]


@final
class KnownHash:
    """Remembers the hash of the module that it was asked for last.

    Hashing reads every byte one after the other: 55 ms for a resnet18, more than a
    second for the largest networks, a dozen times in a run. A frozen backbone does not
    change, and that it has not is seen in a tenth of the time: torch counts what is
    done to a tensor in place. What goes past that count, through ``.data``, shows in
    the sum or the norm of the tensor.
    """

    def __init__(self) -> None:
        self._stamp: _Stamp | None = None
        self._hash = ""

    def of(self, module: nn.Module) -> str:
        """What ``content_hash`` says of a module's weights."""
        stamp = _stamp_of(module)
        if stamp != self._stamp:
            self._hash = content_hash(module)
            self._stamp = stamp
        return self._hash


def _stamp_of(module: nn.Module) -> _Stamp:
    state = module.state_dict()
    figures = [_figures_of(tensor) for tensor in state.values()]
    sums = torch.stack(figures).tolist() if figures else []  # waits for the device once
    return tuple(
        (name, tensor.data_ptr(), tensor._version, total, norm)
        for (name, tensor), (total, norm) in zip(state.items(), sums, strict=True)
    )


def _figures_of(tensor: Tensor) -> Tensor:
    numbers = tensor.detach().float()
    return torch.stack([numbers.sum(), torch.linalg.vector_norm(numbers)])
