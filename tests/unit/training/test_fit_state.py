"""Mirrors src/unfreeze/training/fit_state.py. See test_boundary.py, too."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from unfreeze.errors import WeightsError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.optim.builders import adam, sgd
from unfreeze.training.fit_state import (
    optimizer_state,
    put_optimizer_state,
    put_weights,
    weights_of,
    within,
)

MakeModel = Callable[..., StagedClassifier]


def test_weights_of_another_model_are_refused(make_model: MakeModel) -> None:
    kept = weights_of(make_model(num_classes=3))

    with pytest.raises(WeightsError, match="does not fit this model"):
        put_weights(make_model(num_classes=4), kept)


@pytest.mark.parametrize("name", ["head.0.stranger", "stranger"])
def test_tensors_that_belong_nowhere_are_refused(
    make_model: MakeModel, name: str
) -> None:
    model = make_model()
    kept = weights_of(model) | {f"model.{name}": torch.zeros(1)}

    with pytest.raises(WeightsError, match=name):
        put_weights(model, kept)


def test_a_head_that_is_missing_is_missed(make_model: MakeModel) -> None:
    model = make_model()
    kept = {
        name: each for name, each in weights_of(model).items() if "head" not in name
    }

    with pytest.raises(WeightsError, match="head"):
        put_weights(model, kept)


@pytest.mark.usefixtures("global_draws")
@pytest.mark.parametrize("build", [sgd, adam])
def test_an_optimizer_goes_on_in_the_memory_order_of_its_weights(
    build: Callable[..., torch.optim.Optimizer],
) -> None:
    """A fused step walks through the memory of weights and momentum side by side."""
    layers = [
        nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last) for _ in range(2)
    ]
    layers[1].load_state_dict(layers[0].state_dict())
    first, second = (build([{"params": list(each.parameters())}]) for each in layers)

    def step(layer: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        images = torch.linspace(-1, 1, 300).view(1, 3, 10, 10)
        layer(images).square().sum().backward()
        for group in optimizer.param_groups:
            group["lr"] = 0.01
        optimizer.step()

    step(layers[0], first)
    layers[1].load_state_dict(layers[0].state_dict())
    kept = {name: each.contiguous() for name, each in optimizer_state(first).items()}
    put_optimizer_state(second, kept)
    step(layers[0], first)
    step(layers[1], second)

    assert layers[0].weight.equal(layers[1].weight)


@pytest.mark.parametrize("number", [0, 7])
def test_momentum_of_other_weights_is_refused(number: int) -> None:
    optimizer = sgd([{"params": [nn.Parameter(torch.zeros(3))]}])

    with pytest.raises(WeightsError, match="does not fit"):
        put_optimizer_state(
            optimizer, {f"optimizer.{number}.momentum_buffer": torch.zeros(2)}
        )


def test_names_within_a_name_end_at_its_dot() -> None:
    one = torch.zeros(1)

    assert within({"a.b": one, "ab.c": one, "a": one}, "a") == {"b": one}
