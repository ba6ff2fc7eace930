"""Let a fused copy run in place of a backbone, wherever nothing in it learns.

In every such place, and not only where that saves time: in half precision a fused
network rounds differently, and a head should be measured on what it has learned from.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.fused import standing_in
from unfreeze.tensors import Images
from unfreeze.training.runtime import Runtime
from unfreeze.training.source import FromImages, Source

__all__ = ["fused", "fused_if_frozen"]


@contextmanager
def fused(model: StagedClassifier, source: Source, runtime: Runtime) -> Iterator[None]:
    """Compute features of images by a fused copy, whose weights are those of now.

    Does nothing for stored activations, where a copy is at work already, and on a
    machine that hides nothing.
    """
    is_at_work = model.stand_in.network is not None
    if not (isinstance(source, FromImages) and runtime.fuses) or is_at_work:
        yield
        return
    precision = torch.bfloat16 if runtime.precision == "bf16" else torch.float32
    with standing_in(model, _noise(source.spec.size, runtime.device), precision):
        yield


def fused_if_frozen(
    model: StagedClassifier, source: Source, runtime: Runtime
) -> AbstractContextManager[None]:
    """The same for a fit, if nothing but the head learns in it."""
    if model.is_backbone_frozen:
        return fused(model, source, runtime)
    return nullcontext()


def _noise(size: int, device: torch.device) -> Images:
    """An image that no two networks answer alike."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, size, size, generator=generator)
    return image.to(device, memory_format=torch.channels_last)
