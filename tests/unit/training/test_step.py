"""Mirrors src/unfreeze/training/step.py."""

import copy
import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from unfreeze.augment.normalise import normalise
from unfreeze.data.index import ImageIndex
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import layer_groups
from unfreeze.models.heads import build_head
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import ImageSpec, Task
from unfreeze.tensors import Batch
from unfreeze.training.runtime import AcceleratedRuntime
from unfreeze.training.source import FromFeatures, FromImages, Setup, in_order
from unfreeze.training.step import train_step

_RATES = (1e-3, 1e-2, 1e-1)


@pytest.fixture(autouse=True)
def _own_stream() -> Iterator[None]:
    """A step seeds the global stream, from which dropout draws."""
    with torch.random.fork_rng(devices=[]):
        yield


def _first_batch(source: FromImages, setup: Setup) -> Batch:
    return next(iter(in_order(source, setup.loading)))


def _flat(module: nn.Module) -> torch.Tensor:
    """All weights in a row."""
    return nn.utils.parameters_to_vector(module.parameters()).detach().clone()


def _step_by_hand(
    model: StagedClassifier, batch: Batch, spec: ImageSpec, clip_norm: float | None
) -> torch.Tensor:
    """The same step in plain torch."""
    optimizer = torch.optim.SGD(
        [
            {"params": list(group.parameters()), "lr": rate, "weight_decay": 0.01}
            for group, rate in zip(layer_groups(model), _RATES, strict=True)
        ],
        momentum=0.9,
    )
    loss = functional.cross_entropy(model(normalise(batch.inputs, spec)), batch.labels)
    loss.backward()
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimizer.step()
    return loss.detach()


@pytest.mark.parametrize("clip_norm", [None, 0.1])
def test_a_step_equals_plain_torch_bit_for_bit(
    make_model: Callable[..., StagedClassifier],
    source: FromImages,
    setup: Setup,
    state_of: Callable[[nn.Module], dict[str, bytes]],
    clip_norm: float | None,
) -> None:
    model = make_model(ps=0.0).train()
    twin = copy.deepcopy(model)
    optimizer = LayerOptimizer(sgd, layer_groups(model), _RATES, 0.01)
    batch = _first_batch(source, setup)

    loss = train_step(
        model, source, batch, optimizer, setup, seed=0, clip_norm=clip_norm
    )

    assert loss.item() == _step_by_hand(twin, batch, source.spec, clip_norm).item()
    assert not loss.requires_grad
    assert state_of(model) == state_of(twin)


def test_several_labels_are_learned_by_binary_cross_entropy(
    make_model: Callable[..., StagedClassifier],
    make_setup: Callable[..., Setup],
    index: ImageIndex,
    spec: ImageSpec,
) -> None:
    setup = make_setup(task=Task.MULTI)
    labels = torch.eye(3)[torch.from_numpy(index.labels)].numpy()
    source = FromImages(
        ImageIndex(index.root, index.classes, index.sources, labels), spec
    )
    model = make_model(ps=0.0).train()
    batch = _first_batch(source, setup)
    with torch.no_grad():
        logits = copy.deepcopy(model)(normalise(batch.inputs, spec))
    optimizer = LayerOptimizer(sgd, layer_groups(model), 0.1)

    loss = train_step(model, source, batch, optimizer, setup, seed=0)

    shares = torch.sigmoid(logits)
    by_hand = -torch.where(batch.labels > 0, shares.log(), (1 - shares).log()).mean()
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_stored_activations_train_the_head_and_nothing_else(
    model: StagedClassifier,
    index: ImageIndex,
    setup: Setup,
    state_of: Callable[[nn.Module], dict[str, bytes]],
) -> None:
    features = torch.linspace(-1, 1, 22 * 12).view(22, 12).numpy()
    source = FromFeatures(features, index.labels)
    optimizer = LayerOptimizer(sgd, layer_groups(model), 0.1, 0.1)
    body, head = state_of(model.backbone), state_of(model.head)
    batch = next(iter(in_order(source, setup.loading)))

    train_step(model.train(), source, batch, optimizer, setup, seed=0)

    assert state_of(model.backbone) == body
    assert state_of(model.head) != head


def test_in_bf16_a_wide_head_learns_what_plain_torch_does_but_for_the_rounding(
    model: StagedClassifier, index: ImageIndex, setup: Setup
) -> None:
    """Five steps, weighted, clipped, with weight decay, dropout left out."""
    model.head = build_head(12, 3, xtra_fc=(256, 128), ps=0.0)
    twin = copy.deepcopy(model.head.train())
    start = _flat(twin)
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((22, 12), dtype=np.float32)
    source = FromFeatures(rows, index.labels)
    weights = (0.5, 1.5, 2.5)
    rounding = dataclasses.replace(
        setup, runtime=AcceleratedRuntime("bf16"), class_weights=weights
    )
    optimizer = LayerOptimizer(sgd, [model.head], 0.05, 0.01)
    oracle = torch.optim.SGD(
        twin.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01
    )
    batches = list(in_order(source, setup.loading))[:5]
    head = model.train().head

    losses = [
        train_step(model, source, each, optimizer, rounding, seed=0, clip_norm=0.5)
        for each in batches
    ]

    by_hand = []
    for batch in batches:
        loss = functional.cross_entropy(
            twin(batch.inputs), batch.labels, weight=torch.tensor(weights)
        )
        oracle.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
        oracle.step()
        by_hand.append(loss.item())
    found = [loss.item() for loss in losses]
    assert found != by_hand
    assert found == pytest.approx(by_hand, rel=0.03)
    exact, rounded = (_flat(each) for each in (twin, head))
    assert rounded.dtype is torch.float32
    assert (rounded - exact).norm() < 0.1 * (exact - start).norm()


def test_there_is_nothing_to_learn_from_images_without_labels(
    model: StagedClassifier, index: ImageIndex, spec: ImageSpec, setup: Setup
) -> None:
    unlabelled = ImageIndex(index.root, index.classes, index.sources, None)
    source = FromImages(unlabelled, spec)
    optimizer = LayerOptimizer(sgd, layer_groups(model), 0.1)

    with pytest.raises(PlanError, match="no labels, so there is nothing to learn"):
        train_step(
            model.eval(), source, _first_batch(source, setup), optimizer, setup, seed=0
        )


def test_a_step_learns_from_the_weighted_loss(
    make_model: Callable[..., StagedClassifier], source: FromImages, setup: Setup
) -> None:
    model = make_model(ps=0.0).train()
    twin = copy.deepcopy(model)
    weights = tuple(0.5 + number for number in range(3))
    weighted = dataclasses.replace(setup, class_weights=weights)
    batch = _first_batch(source, setup)
    optimizer = LayerOptimizer(sgd, layer_groups(model), _RATES, 0.01)

    found = train_step(model, source, batch, optimizer, weighted, seed=0)

    logits = twin(normalise(batch.inputs, source.spec))
    expected = functional.cross_entropy(
        logits, batch.labels, weight=torch.tensor(weights)
    )
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
