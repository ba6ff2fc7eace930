"""Mirrors src/unfreeze/training/callbacks/schedule_decay.py."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from unfreeze.numerics.schedules import cosine_restarts
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.schedule_decay import ScheduleDecay

MakeView = Callable[..., RunView]


@pytest.fixture
def weight() -> nn.Parameter:
    return nn.Parameter(torch.tensor([2.0]))


@pytest.fixture
def optimizer(weight: nn.Parameter) -> LayerOptimizer:
    return LayerOptimizer(sgd, [nn.ParameterList([weight])], 0.1, 0.5)


def _step_on_a_plain(optimizer: LayerOptimizer, weight: nn.Parameter) -> None:
    """Take a step where the loss has no slope: what moves a weight is its decay."""
    optimizer.zero_grad()
    (0 * weight).sum().backward()
    optimizer.step()


def test_decay_follows_the_multiplier(
    make_view: MakeView, optimizer: LayerOptimizer, weight: nn.Parameter
) -> None:
    callback = ScheduleDecay(optimizer, multiplier=lambda own: 10 * own.rates[-1])
    callback.on_train_begin(make_view())
    expected = 2.0
    for step, rate in enumerate((0.1, 0.05, 0.025)):
        optimizer.set_multiplier(rate / 0.1)
        callback.on_batch_begin(make_view(steps=step))
        _step_on_a_plain(optimizer, weight)
        expected *= 1 - rate * 0.5 * (10 * rate)

    assert weight.item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "length"), [(0, 2), (1, 2), (2, 4), (5, 4), (6, 8), (13, 8)]
)
def test_normalised_decay_is_divided_by_the_root_of_the_steps_of_its_cycle(
    make_view: MakeView, optimizer: LayerOptimizer, step: int, length: int
) -> None:
    run = make_view(steps=step, epochs=7, schedule=cosine_restarts(2, 3, 1, 2))

    ScheduleDecay(optimizer, normalise=True).on_batch_begin(run)

    assert optimizer.decay_factor == pytest.approx(1 / math.sqrt(length))


def test_the_optimizer_is_given_back_as_it_was(
    make_view: MakeView, optimizer: LayerOptimizer, weight: nn.Parameter
) -> None:
    callback = ScheduleDecay(optimizer, multiplier=lambda own: 100.0)
    callback.on_train_begin(make_view())
    callback.on_batch_begin(make_view())
    callback.on_train_end(make_view())

    _step_on_a_plain(optimizer, weight)

    assert weight.item() == pytest.approx(2.0 * (1 - 0.1 * 0.5))
    assert optimizer.opt.param_groups[0]["weight_decay"] == 0.5
