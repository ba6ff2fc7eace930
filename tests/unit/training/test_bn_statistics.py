"""Mirrors src/unfreeze/training/bn_statistics.py."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from unfreeze.augment.normalise import normalise
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.training.bn_statistics import refresh_statistics
from unfreeze.training.source import FromFeatures, FromImages, Setup, shuffled


def _norms(model: nn.Module) -> list[nn.modules.batchnorm._BatchNorm]:
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d)
    return [module for module in model.modules() if isinstance(module, kinds)]


def test_statistics_are_those_of_torch(
    make_model: Callable[..., StagedClassifier], source: FromImages, setup: Setup
) -> None:
    """Torch's ``update_bn`` runs with dropout, so there is none here."""
    model = make_model(ps=0.0)
    oracle = copy.deepcopy(model)
    batches = shuffled(source, setup.loading, epoch=0)

    refresh_statistics(model, source, setup)
    update_bn([normalise(batch.inputs, source.spec) for batch in batches], oracle)

    for ours, theirs in zip(_norms(model), _norms(oracle), strict=True):
        torch.testing.assert_close(ours.running_mean, theirs.running_mean)
        torch.testing.assert_close(ours.running_var, theirs.running_var)
        assert ours.num_batches_tracked == theirs.num_batches_tracked == 6


def test_only_statistics_change(
    model: StagedClassifier,
    source: FromImages,
    setup: Setup,
    state_of: Callable[[nn.Module], dict[str, bytes]],
) -> None:
    before = state_of(model)

    refresh_statistics(model, source, setup)

    after = state_of(model)
    moved = {name for name in before if after[name] != before[name]}
    endings = {name.rpartition(".")[2] for name in moved}
    assert endings == {"running_mean", "running_var", "num_batches_tracked"}
    assert {norm.momentum for norm in _norms(model)} == {0.1}
    assert not any(module.training for module in model.modules())


def test_frozen_batch_norms_keep_their_statistics(
    model: StagedClassifier,
    setup: Setup,
    source: FromImages,
    state_of: Callable[[nn.Module], dict[str, bytes]],
) -> None:
    freeze_to(layer_groups(model), -1)
    body, head = state_of(model.backbone), state_of(model.head)

    refresh_statistics(model, source, setup)

    assert state_of(model.backbone) == body
    assert state_of(model.head) != head


def test_stored_activations_refresh_the_head(
    model: StagedClassifier, setup: Setup
) -> None:
    features = torch.linspace(-1, 1, 20 * 12).view(20, 12)
    freeze_to(layer_groups(model), -1)

    refresh_statistics(model, FromFeatures(features.numpy(), None), setup)

    first = _norms(model.head)[0]
    torch.testing.assert_close(first.running_mean, features.mean(0))


def test_an_interrupted_pass_leaves_momentum_and_modes_in_order(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    hook = model.head.register_forward_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        refresh_statistics(model, source, setup)
    hook.remove()

    assert {norm.momentum for norm in _norms(model)} == {0.1}
    assert not any(module.training for module in model.modules())


def test_little_memory_leaves_the_means_of_all_pieces(
    make_model: Callable[..., StagedClassifier],
    source: FromImages,
    make_setup: Callable[..., Setup],
    memory_for: Callable[..., Any],
) -> None:
    """As if there had been eleven batches of two."""
    model = make_model(ps=0.0)
    oracle = copy.deepcopy(model)
    setup = make_setup()
    batches = shuffled(source, setup.loading, epoch=0)

    with memory_for(model, 2):
        refresh_statistics(model, source, setup)
    pieces = [piece for batch in batches for piece in batch.inputs.split(2)]
    update_bn([normalise(piece, source.spec) for piece in pieces], oracle)

    for ours, theirs in zip(
        _norms(model.backbone), _norms(oracle.backbone), strict=True
    ):
        torch.testing.assert_close(ours.running_mean, theirs.running_mean)
        torch.testing.assert_close(ours.running_var, theirs.running_var)
        assert ours.num_batches_tracked == theirs.num_batches_tracked == 11
