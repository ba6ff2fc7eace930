"""What batch norms remember of each batch, where a batch is run again or in pieces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

__all__ = ["BatchNorms"]


@final
class BatchNorms:
    """The batch norms of one network, those of its inner modules included."""

    def __init__(self, network: nn.Module) -> None:
        layers = [each for each in network.modules() if isinstance(each, _BatchNorm)]
        buffers = [
            buffer.view(-1) for layer in layers for buffer in layer.buffers(False)
        ]
        self._layers = layers
        self._live = _by_type(buffers)
        self._kept: list[Tensor] = []

    @property
    def are_learning(self) -> bool:
        """Whether the next forward pass changes the statistics of one of them."""
        return any(layer.training for layer in self._layers)

    def keep(self) -> None:
        """Remember the statistics, for ``put_back``. Waits for no device."""
        self._kept = [torch.cat(buffers) for buffers in self._live]

    def put_back(self) -> None:
        """Return the statistics to those of the last ``keep``."""
        for buffers, kept in zip(self._live, self._kept, strict=True):
            old = kept.split([len(buffer) for buffer in buffers])
            for buffer, values in zip(buffers, old, strict=True):
                buffer.copy_(values)

    @contextmanager
    def sharing(self, num_pieces: int) -> Iterator[None]:
        """Let one batch in so many pieces count for about as much as in one piece.

        Means over all batches (momentum None) count pieces like batches.
        """
        momenta = [layer.momentum for layer in self._layers]
        for layer in self._layers:
            if layer.momentum is not None:
                layer.momentum /= num_pieces
        try:
            yield
        finally:
            for layer, momentum in zip(self._layers, momenta, strict=True):
                layer.momentum = momentum

    @contextmanager
    def counting_nothing(self) -> Iterator[None]:
        """Normalise as before, and leave the statistics as they are."""
        before = [(each.momentum, each.num_batches_tracked) for each in self._layers]
        for layer in self._layers:
            layer.momentum = 0.0
            layer.num_batches_tracked = None
        try:
            yield
        finally:
            for layer, (momentum, count) in zip(self._layers, before, strict=True):
                layer.momentum = momentum
                layer.num_batches_tracked = count


def _by_type(tensors: list[Tensor]) -> list[list[Tensor]]:
    types = {tensor.dtype for tensor in tensors}
    return [[each for each in tensors if each.dtype == dtype] for dtype in types]
