"""A small model that says different things of different images, traced once."""

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze.export.network import network_of
from unfreeze.export.tracing import Traced, traced
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.records import ImageSpec

SIZE = 48
SPEC = ImageSpec(size=SIZE)


def lively(arch: str, size: int, num_classes: int = 3) -> StagedClassifier:
    """A model whose head says different things of different features."""
    weights = "pretrained" if arch == "unfreeze_nano" else "none"
    backbone = build_backbone(arch, weights=weights, size=size)
    model = with_new_head(backbone, num_classes)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for layer in model.head:  # type: ignore[union-attr]
            if isinstance(layer, nn.Linear):
                layer.weight.normal_(0, 0.2, generator=generator)
    return model.eval()


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth colours, as photos have them, and some noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / 20
    waves = [np.sin(rows * rng.random() + columns * rng.random() + k) for k in range(3)]
    image = 127 + 90 * np.stack(waves, axis=-1) + rng.normal(0, 8, (height, width, 3))
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def model() -> StagedClassifier:
    return lively("unfreeze_nano", SIZE)


@pytest.fixture(scope="session")
def trace(model: StagedClassifier) -> Traced:
    return traced(model, SIZE)


@pytest.fixture(scope="session")
def network(trace: Traced) -> bytes:
    """Serialised, since tests change what they get."""
    return bytes(network_of(trace).SerializeToString())
