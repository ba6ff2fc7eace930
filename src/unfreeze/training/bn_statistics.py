"""Fresh batch-norm statistics for weights that no step of learning produced."""

import torch
from torch import nn

from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.runtime import Runtime
from unfreeze.training.source import Loading, Source, logits_of, shuffled

__all__ = ["refresh_statistics"]


def refresh_statistics(
    model: StagedClassifier, source: Source, loading: Loading, runtime: Runtime
) -> None:
    """Replace the statistics of the batch norms that learn by those of one pass.

    Frozen batch norms keep theirs. The statistics are plain means over the batches of
    epoch 0 of ``source``.
    """
    layers = [module for module in model.modules() if _learns_statistics(module)]
    momenta = [layer.momentum for layer in layers]
    model.eval()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
        layer.train()
    try:
        with torch.inference_mode():
            for batch in shuffled(source, loading, epoch=0):
                logits_of(model, source, batch, runtime)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.eval()


def _learns_statistics(module: nn.Module) -> bool:
    is_norm = isinstance(module, nn.modules.batchnorm._BatchNorm)
    return is_norm and any(each.requires_grad for each in module.parameters())
