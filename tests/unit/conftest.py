"""What unit tests share: drawn photos, and learners with the embedded backbone.

Photos are 32 pixels wide for the model; an epoch from stored activations takes a few
hundredths of a second.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from torch import Tensor, nn

from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_model, transforms_side_on
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.training_run import train_folder
from unfreeze.training.runtime import PlainRuntime

MakeData: TypeAlias = Callable[..., ImageClassifierData]
MakeLearner: TypeAlias = Callable[..., ConvLearner]


@pytest.fixture(scope="session")
def photos(_drawn_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn folder once for all tests; only ``tmp/`` may be written there."""
    return Path(
        shutil.copytree(_drawn_once, tmp_path_factory.mktemp("photos") / "drawn")
    )


@pytest.fixture(scope="session")
def make_data() -> MakeData:
    """Read a folder with ``train/`` and ``valid/``: batches of 8, augmented."""

    def make(root: Path, size: int = 32, **words: object) -> ImageClassifierData:
        tfms = tfms_from_model("unfreeze_nano", size, transforms_side_on, max_zoom=1.1)
        usual: dict[str, Any] = {"bs": 8, "tfms": tfms, "num_workers": 0}
        return ImageClassifierData.from_paths(root, **usual | words)

    return make


@pytest.fixture(scope="session")
def data(photos: Path, make_data: MakeData) -> ImageClassifierData:
    """36 photos to learn from, 18 to measure with, 3 classes."""
    return make_data(photos)


@pytest.fixture
def lines() -> list[str]:
    """What learners wrote in this test."""
    return []


@pytest.fixture
def make_learner(
    data: ImageClassifierData, tmp_path: Path, lines: list[str]
) -> MakeLearner:
    """Build a learner whose weights go to a folder of this test."""

    def make(
        other: ImageClassifierData | None = None,
        arch: str = "unfreeze_nano",
        **words: object,
    ) -> ConvLearner:
        usual: dict[str, Any] = {
            "runtime": PlainRuntime(),
            "models_name": tmp_path / "models",
            "output": Output(write=lines.append, has_bar=False),
        }
        return ConvLearner.pretrained(arch, other or data, **usual | words)

    return make


@pytest.fixture
def learn(make_learner: MakeLearner) -> ConvLearner:
    """On photos, with the backbone frozen."""
    return make_learner()


@pytest.fixture
def quick(make_learner: MakeLearner) -> ConvLearner:
    """On stored activations."""
    return make_learner(precompute=True)


@pytest.fixture
def state_of() -> Callable[[nn.Module], dict[str, Tensor]]:
    """Copy weights and statistics of a module."""

    def copy(module: nn.Module) -> dict[str, Tensor]:
        return {name: each.clone() for name, each in module.state_dict().items()}

    return copy


@pytest.fixture(scope="session")
def settings() -> RunSettings:
    """The shortest recipe."""
    return RunSettings(
        arch="unfreeze_nano",
        size=32,
        batch_size=8,
        recipe="quick",
        epochs=6,
        num_workers=0,
    )


@pytest.fixture(scope="session")
def finished_run(
    photos: Path, settings: RunSettings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run folder, as the shortest recipe leaves it. Only to be read."""
    out = tmp_path_factory.mktemp("runs") / "drawn"
    train_folder(photos, out, settings, write=lambda line: None, has_bar=False)
    return out
