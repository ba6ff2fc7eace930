"""Fresh batch-norm statistics for weights that no step of learning produced."""

from functools import partial
from typing import TypeGuard

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.source import Setup, Source, logits_of, shuffled

__all__ = ["refresh_statistics"]


def refresh_statistics(model: StagedClassifier, source: Source, setup: Setup) -> None:
    """Replace the statistics of the batch norms that learn by those of one pass.

    Frozen batch norms keep theirs. The statistics are plain means over the batches of
    epoch 0 of ``source``.
    """
    layers = [layer for layer in model.modules() if _learns_statistics(layer)]
    momenta = [layer.momentum for layer in layers]
    model.eval()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
        layer.train()
    try:
        with torch.no_grad():
            for batch in shuffled(source, setup.loading, epoch=0):
                run = partial(logits_of, model, source, batch, setup)
                setup.micro_batches.run(run, model)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.eval()


def _learns_statistics(module: nn.Module) -> TypeGuard[_BatchNorm]:
    is_norm = isinstance(module, _BatchNorm)
    return is_norm and any(each.requires_grad for each in module.parameters())
