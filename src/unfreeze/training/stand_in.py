"""Let a fused copy run in place of a backbone that does not learn."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.fused import standing_in
from unfreeze.tensors import Images
from unfreeze.training.runtime import Runtime
from unfreeze.training.source import FromImages, Source

__all__ = ["fused_while_frozen"]


@contextmanager
def fused_while_frozen(
    model: StagedClassifier, source: Source, runtime: Runtime
) -> Iterator[None]:
    """Compute features sooner, where nothing but the head learns from images.

    Elsewhere, and on a machine that hides nothing, this does nothing.
    """
    is_useful = runtime.fuses and model.is_backbone_frozen
    if not (isinstance(source, FromImages) and is_useful):
        yield
        return
    precision = torch.bfloat16 if runtime.precision == "bf16" else torch.float32
    with standing_in(model, _noise(source.spec.size, runtime.device), precision):
        yield


def _noise(size: int, device: torch.device) -> Images:
    """An image that no two networks answer alike."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, size, size, generator=generator)
    return image.to(device, memory_format=torch.channels_last)
