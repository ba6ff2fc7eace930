"""What tests of training share: a tiny network, tiny photos, one plain machine."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.policy import RandomFlip
from unfreeze.data.index import ImageIndex
from unfreeze.data.screen import Screening, screen
from unfreeze.models.backbones import Backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.models.groups import layer_groups
from unfreeze.numerics.metrics import accuracy, as_metric
from unfreeze.numerics.schedules import constant
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import ImageSpec, Task
from unfreeze.training.evaluate import evaluate
from unfreeze.training.loop import Fit
from unfreeze.training.runtime import PlainRuntime
from unfreeze.training.source import FromImages, Loading, Setup

_SIDE = 8  # pixels
_CLASSES = ("red", "green", "blue")


@final
class _TinyNetwork(nn.Module):
    """Three stages with batch norm, behind the two methods that a backbone needs."""

    num_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.stem = _stage(3, 4, stride=2)
        self.middle = _stage(4, 5, stride=1)
        self.final = _stage(5, self.num_features, stride=2)

    def forward_features(self, images: Tensor) -> Tensor:
        return self.final(self.middle(self.stem(images)))


def _stage(num_inputs: int, num_outputs: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(num_inputs, num_outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(num_outputs),
        nn.ReLU(),
    )


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Keep torch's threads from waiting for each other over these tiny tensors."""
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(count)


@pytest.fixture
def make_model() -> Callable[..., StagedClassifier]:
    """Build a tiny classifier with dropout, the same for the same arguments."""

    def make(
        num_classes: int = 3, *, seed: int = 0, ps: float = 0.25
    ) -> StagedClassifier:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            network = _TinyNetwork()
        backbone = Backbone(network, head=frozenset(), arch="tiny", size=_SIDE)
        return with_new_head(backbone, num_classes, xtra_fc=(8,), ps=ps, seed=seed)

    return make


@pytest.fixture
def model(make_model: Callable[..., StagedClassifier]) -> StagedClassifier:
    return make_model()


@pytest.fixture
def spec() -> ImageSpec:
    return ImageSpec(size=_SIDE)


@pytest.fixture
def make_index() -> Callable[..., ImageIndex]:
    """Make noisy photos in which the label's colour prevails."""

    def make(count: int = 22, *, seed: int = 0) -> ImageIndex:
        rng = np.random.default_rng(seed)
        labels = rng.integers(3, size=count)
        pixels = rng.integers(0, 120, (count, _SIDE, _SIDE, 3), dtype=np.uint8)
        pixels[np.arange(count), :, :, labels] += 100
        return ImageIndex(Path(), _CLASSES, pixels, labels)

    return make


@pytest.fixture
def index(make_index: Callable[..., ImageIndex]) -> ImageIndex:
    """22 photos: six batches of four, the last one of two."""
    return make_index()


@pytest.fixture
def split(index: ImageIndex) -> Screening:
    return screen(index, None, num_workers=0)


@pytest.fixture
def augmentation(spec: ImageSpec) -> Augmentation:
    return Augmentation(spec=spec, steps=(RandomFlip(),), max_zoom=(1.0, 1.5))


@pytest.fixture
def source(index: ImageIndex, spec: ImageSpec) -> FromImages:
    return FromImages(index, spec)


@pytest.fixture
def make_setup() -> Callable[..., Setup]:
    """Batches of four on one plain CPU, unless told otherwise."""

    def make(
        *,
        batch_size: int = 4,
        num_workers: int = 0,
        seed: int = 7,
        task: Task = Task.SINGLE,
    ) -> Setup:
        loading = Loading(batch_size=batch_size, num_workers=num_workers, seed=seed)
        return Setup(loading=loading, runtime=PlainRuntime(), task=task)

    return make


@pytest.fixture
def setup(make_setup: Callable[..., Setup]) -> Setup:
    return make_setup()


@pytest.fixture
def make_fit(
    make_model: Callable[..., StagedClassifier],
    source: FromImages,
    setup: Setup,
    index: ImageIndex,
) -> Callable[..., Fit]:
    """Fit a fresh model for two epochs at a constant rate, unless told otherwise."""

    def make(
        *,
        model: StagedClassifier | None = None,
        rates: float | tuple[float, ...] = 0.05,
        builder: Any = sgd,  # noqa: ANN401 - a torch optimizer or what makes one
        epochs: int = 2,
        **changes: Any,  # noqa: ANN401 - fields of Fit
    ) -> Fit:
        model = make_model() if model is None else model
        groups = layer_groups(model)
        fields = {
            "model": model,
            "groups": groups,
            "source": source,
            "setup": setup,
            "optimizer": LayerOptimizer(builder, groups, rates),
            "schedule": constant(6, epochs),
            "epochs": epochs,
            "validate": lambda model: evaluate(
                model, source, index.labels, setup, [as_metric(accuracy)]
            ),
        }
        return Fit(**{**fields, **changes})

    return make


@pytest.fixture
def state_of() -> Callable[[nn.Module], dict[str, bytes]]:
    """Take a picture of weights and statistics, to be compared bit by bit."""

    def take(module: nn.Module) -> dict[str, bytes]:
        return {
            name: tensor.detach().cpu().numpy().tobytes()
            for name, tensor in module.state_dict().items()
        }

    return take


@pytest.fixture
def memory_for() -> Callable[
    [StagedClassifier, int], AbstractContextManager[list[int]]
]:
    """Let a backbone hold so many photos and no more; note how many were tried."""

    @contextmanager
    def limited(model: StagedClassifier, num_photos: int) -> Iterator[list[int]]:
        sizes: list[int] = []

        def hold(_: nn.Module, __: object, output: Tensor) -> None:
            sizes.append(len(output))
            if len(output) > num_photos:
                raise torch.OutOfMemoryError("CUDA out of memory.")

        hook = model.backbone.register_forward_hook(hold)
        yield sizes
        hook.remove()

    return limited
