"""What the checks of the lesson share: drawn photos, and learners as it builds them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch

from unfreeze import (
    ConvLearner,
    ImageClassifierData,
    tfms_from_model,
    transforms_side_on,
    unfreeze_nano,
)
from unfreeze.training.runtime import PlainRuntime

DataMaker: TypeAlias = Callable[..., ImageClassifierData]
LearnerMaker: TypeAlias = Callable[..., ConvLearner]


@pytest.fixture
def make_data() -> DataMaker:
    """Build the data of a folder: 32 pixels, side-on, batches of 8."""

    def make(
        root: Path,
        sz: int = 32,
        **words: Any,  # noqa: ANN401  # handed to from_paths
    ) -> ImageClassifierData:
        words.setdefault("bs", 8)
        tfms = words.pop("tfms", None) or tfms_from_model(
            unfreeze_nano, sz, aug_tfms=transforms_side_on, max_zoom=1.1
        )
        return ImageClassifierData.from_paths(root, tfms=tfms, num_workers=0, **words)

    return make


@pytest.fixture
def data(drawn_folder: Path, make_data: DataMaker) -> ImageClassifierData:
    """36 training and 18 validation photos of 3 classes: 5 batches an epoch."""
    return make_data(drawn_folder)


@pytest.fixture
def make_learner(data: ImageClassifierData) -> LearnerMaker:
    """Build a learner with the embedded backbone, in full precision."""

    def make(
        photos: ImageClassifierData | None = None,
        **words: Any,  # noqa: ANN401  # handed to pretrained
    ) -> ConvLearner:
        words.setdefault("runtime", PlainRuntime())
        return ConvLearner.pretrained(unfreeze_nano, photos or data, **words)

    return make


@pytest.fixture
def learn(make_learner: LearnerMaker) -> ConvLearner:
    return make_learner()


@pytest.fixture
def quick(make_learner: LearnerMaker) -> ConvLearner:
    """A learner on stored activations, where an epoch takes milliseconds."""
    return make_learner(precompute=True)


@pytest.fixture
def plain_head() -> dict[str, Any]:
    """Keywords for a head that is one linear layer behind a batch norm."""
    return {"xtra_fc": [], "ps": 0, "precompute": True, "opt_fn": torch.optim.SGD}


@pytest.fixture
def arrays() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Draw noise images and labels that go round all classes."""

    def draw(
        count: int, classes: int, side: int = 32, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        images = rng.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
        return images, np.arange(count) % classes

    return draw


def state_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Copy weights and statistics."""
    return {name: each.clone() for name, each in module.state_dict().items()}


@pytest.fixture
def snapshot() -> Callable[[torch.nn.Module], dict[str, torch.Tensor]]:
    return state_of


@pytest.fixture
def same() -> Callable[[torch.nn.Module, dict[str, torch.Tensor]], bool]:
    """Tell whether a module is, bit for bit, in a state."""

    def is_same(module: torch.nn.Module, state: dict[str, torch.Tensor]) -> bool:
        now = module.state_dict()
        return now.keys() == state.keys() and all(
            torch.equal(now[name], state[name]) for name in state
        )

    return is_same
