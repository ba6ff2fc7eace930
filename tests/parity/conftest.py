"""What comparisons of whole behaviours share: drawn photos and a small real network."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.records import ImageSpec

_SIDE = 32  # pixels


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Let sums be added up in one order, whatever else the machine does."""
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(count)


@pytest.fixture
def photos(drawn_folder: Path) -> ImageIndex:
    """34 drawn photos of several sizes, in three classes."""
    whole = index_folder(drawn_folder / "train")
    return whole.take(torch.arange(34).numpy())


@pytest.fixture
def spec() -> ImageSpec:
    return ImageSpec(size=_SIDE)


@pytest.fixture
def make_model() -> Callable[..., StagedClassifier]:
    """Build the embedded network with random weights, the same each time."""

    def make(*, ps: float = 0.25) -> StagedClassifier:
        backbone = build_backbone("unfreeze_nano", weights="none", size=_SIDE, seed=3)
        return with_new_head(backbone, 3, xtra_fc=(16,), ps=ps, seed=3)

    return make
