"""Mirrors src/unfreeze/training/stand_in.py."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from unfreeze.augment.normalise import normalise
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.training.evaluate import logits_over
from unfreeze.training.features import FeatureKeeper
from unfreeze.training.runtime import AcceleratedRuntime, PlainRuntime
from unfreeze.training.source import FromFeatures, FromImages, Setup
from unfreeze.training.stand_in import fused, fused_if_frozen


@pytest.fixture
def fusing(setup: Setup) -> Setup:
    return replace(setup, runtime=AcceleratedRuntime("fp32"))


def test_it_stands_in_for_images_where_the_machine_fuses(
    model: StagedClassifier, source: FromImages, fusing: Setup
) -> None:
    with fused(model, source, fusing.runtime):
        assert model.stand_in.network is not None
        with fused(model, source, fusing.runtime):  # one is enough
            pass
        assert model.stand_in.network is not None

    assert model.stand_in.network is None
    with fused(model, source, PlainRuntime()):
        assert model.stand_in.network is None
    rows = FromFeatures(np.zeros((3, 12), np.float32), None)
    with fused(model, rows, fusing.runtime):
        assert model.stand_in.network is None


def test_a_backbone_that_learns_runs_itself(
    model: StagedClassifier, source: FromImages, fusing: Setup
) -> None:
    with fused_if_frozen(model, source, fusing.runtime):
        assert model.stand_in.network is None
    freeze_to(layer_groups(model), -1)
    with fused_if_frozen(model, source, fusing.runtime):
        assert model.stand_in.network is not None


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_stored_is_what_is_measured(
    model: StagedClassifier, source: FromImages, setup: Setup, precision: str
) -> None:
    """The head says the same of a photo, whichever way its features come."""
    setup = replace(setup, runtime=AcceleratedRuntime(precision))
    freeze_to(layer_groups(model), -1)
    ids = np.random.default_rng(0).integers(0, 256, (22, 16), dtype=np.uint8)
    keeper = FeatureKeeper(model=model, spec=source.spec, folder=None, setup=setup)
    rows = keeper.features(source.index, ids)

    stored = logits_over(model, FromFeatures(rows, source.index.labels), setup)

    assert torch.equal(stored, logits_over(model, source, setup))


def test_weights_of_now_are_measured(
    make_model: Callable[..., StagedClassifier], source: FromImages, fusing: Setup
) -> None:
    model = make_model()
    logits_over(model, source, fusing)
    with torch.no_grad():
        for parameter in model.backbone.parameters():
            parameter.mul_(0.5)

    found = logits_over(model, source, fusing)

    pixels = torch.from_numpy(np.asarray(source.index.sources))
    with torch.no_grad():
        expected = model.eval()(normalise(pixels, source.spec))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
