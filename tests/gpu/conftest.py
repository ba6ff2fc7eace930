"""What tests on a GPU share: drawn photos, a small real network, one machine."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.recipes import SIDE_ON
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.models.groups import layer_groups
from unfreeze.numerics.schedules import constant
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import ImageSpec, Task
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.loop import Fit
from unfreeze.training.runtime import AcceleratedRuntime, Compiler
from unfreeze.training.source import FromFeatures, FromImages, Loading, Setup

_SIDE = 64  # pixels
_BATCH = 8  # 36 photos: four batches of 8, one of 4


@pytest.fixture
def photos(drawn_folder: Path) -> ImageIndex:
    """36 drawn photos of several sizes, in three classes."""
    return index_folder(drawn_folder / "train")


@pytest.fixture
def source(photos: ImageIndex) -> FromImages:
    spec = ImageSpec(size=_SIDE)
    augmentation = Augmentation(spec=spec, steps=SIDE_ON, max_zoom=(1.0, 1.1))
    return FromImages(photos, spec, augmentation)


@pytest.fixture
def make_setup() -> Callable[..., Setup]:
    """The GPU as a learner uses it. Nothing is compiled, unless told otherwise."""

    def make(
        *,
        precision: str | None = None,
        num_workers: int = 2,
        batch_size: int = _BATCH,
        compiler: Compiler | None = None,
    ) -> Setup:
        runtime = AcceleratedRuntime(precision)
        runtime.compiler = compiler
        loading = Loading(
            batch_size=batch_size,
            num_workers=num_workers,
            seed=5,
            delivery=runtime.delivery,
        )
        return Setup(loading=loading, runtime=runtime, task=Task.SINGLE)

    return make


@pytest.fixture
def make_model() -> Callable[..., StagedClassifier]:
    """Build a network with random weights on the GPU, the same each time."""

    def make(arch: str = "resnet18", ps: float = 0.25) -> StagedClassifier:
        backbone = build_backbone(arch, weights="none", size=_SIDE, seed=3)
        return with_new_head(backbone, 3, xtra_fc=(16,), ps=ps, seed=3).to("cuda")

    return make


@pytest.fixture
def fit() -> Callable[..., Fit]:
    """Let all layers learn for two epochs."""

    def run(
        model: StagedClassifier, source: FromImages | FromFeatures, setup: Setup
    ) -> Fit:
        groups = layer_groups(model)
        steps = -(-len(source) // setup.loading.batch_size)
        fitting = Fit(
            model=model,
            groups=groups,
            source=source,
            setup=setup,
            optimizer=LayerOptimizer(sgd, groups, 0.01),
            schedule=constant(steps, 2),
            epochs=2,
            validate=lambda _: Evaluation(1.0, {}, np.zeros((1, 3), np.float32)),
        )
        fitting.run()
        return fitting

    return run


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def telling(told: list[str]) -> Callable[[Setup], Setup]:
    """Collect what the user would be told."""
    return lambda setup: replace(setup, tell=told.append)


@pytest.fixture
def no_waiting() -> Iterator[Callable[[bool], None]]:
    """Switch on or off that waiting for the GPU is an error."""

    def switch(is_error: bool) -> None:
        torch.cuda.set_sync_debug_mode("error" if is_error else "default")

    yield switch
    switch(False)
