"""Mirrors src/unfreeze/front/learner.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from unfreeze.errors import DivergedError, PlanError, WeightsError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_model
from unfreeze.numerics.metrics import accuracy, f1
from unfreeze.training.callbacks.base import Callback, RunView

StateOf: TypeAlias = Callable[[nn.Module], dict[str, Tensor]]
MakeLearner: TypeAlias = Callable[..., ConvLearner]
MakeData: TypeAlias = Callable[..., ImageClassifierData]


def is_same(state: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(state[name], other[name]) for name in state | other)


class Interrupt(Callback):
    """Press Ctrl-C after the second step."""

    @override
    def on_batch_end(self, run: RunView) -> None:
        if len(run.history) == 2:
            raise KeyboardInterrupt


class Moves(Callback):
    """Keep the weights of the head at the end of every epoch."""

    def __init__(self) -> None:
        self.heads: list[Tensor] = []

    @override
    def on_epoch_end(self, run: RunView) -> None:
        weights = [each.detach().flatten() for each in run.model.head.parameters()]
        self.heads.append(torch.cat(weights).clone())


# --- precompute and freezing ---------------------------------------------------


def test_precompute_can_be_switched_at_any_time_without_touching_the_head(
    learn: ConvLearner, state_of: StateOf
) -> None:
    for is_on in (True, False, True, True, False):
        learn.fit(1e-2, 1)
        before = state_of(learn.model)

        learn.precompute = is_on

        assert is_same(state_of(learn.model), before)


def test_the_backbone_stays_bit_identical_while_the_head_learns(
    learn: ConvLearner, state_of: StateOf
) -> None:
    before = state_of(learn.model.backbone)
    head = state_of(learn.model.head)

    learn.fit(1e-2, 1)
    learn.precompute = True
    learn.fit(1e-2, 1)

    assert is_same(state_of(learn.model.backbone), before)
    assert not is_same(state_of(learn.model.head), head)


STATES: dict[str, Callable[[ConvLearner], object]] = {
    "as built": lambda learn: None,
    "with precompute": lambda learn: setattr(learn, "precompute", True),
    "after a fit": lambda learn: learn.fit(1e-2, 1),
    "after freeze_to(1)": lambda learn: learn.freeze_to(1),
    "after freeze_all_but(0)": lambda learn: learn.freeze_all_but(0),
    "after bn_freeze": lambda learn: learn.bn_freeze(True),
    "unfrozen already": lambda learn: learn.unfreeze(),
}


@pytest.mark.parametrize("state", STATES)
def test_unfreeze_frees_everything_and_ends_precompute(
    learn: ConvLearner, state: str
) -> None:
    STATES[state](learn)

    learn.unfreeze()

    assert all(each.requires_grad for each in learn.model.parameters())
    assert not learn.precompute


@pytest.mark.parametrize(
    ("freeze", "learning"),
    [
        (lambda learn: learn.freeze_to(1), [False, True, True]),
        (lambda learn: learn.freeze_to(-1), [False, False, True]),
        (lambda learn: learn.freeze_all_but(1), [False, True, False]),
        (lambda learn: learn.unfreeze_groups([0]), [True, False, True]),
        (lambda learn: learn.freeze_groups([2]), [False, False, False]),
    ],
)
def test_layer_groups_can_be_frozen_one_by_one(
    learn: ConvLearner, freeze: Callable[[ConvLearner], None], learning: list[bool]
) -> None:
    freeze(learn)

    found = [
        {each.requires_grad for each in group.parameters()}
        for group in learn.get_layer_groups()
    ]

    assert found == [{is_learning} for is_learning in learning]


def test_switching_precompute_on_freezes_the_backbone(learn: ConvLearner) -> None:
    learn.unfreeze()

    learn.precompute = True

    assert learn.model.is_backbone_frozen


def test_bn_freeze_keeps_statistics_while_all_layers_learn(learn: ConvLearner) -> None:
    norms = [
        module
        for module in learn.model.modules()
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    learn.unfreeze()
    learn.bn_freeze(True)
    before = [module.running_mean.clone() for module in norms]

    learn.fit(1e-3, 1)
    kept = [torch.equal(norm.running_mean, mean) for norm, mean in zip(norms, before)]
    learn.bn_freeze(False)
    learn.fit(1e-3, 1)
    moved = [
        not torch.equal(norm.running_mean, mean) for norm, mean in zip(norms, before)
    ]

    assert len(norms) > 2
    assert all(kept)
    assert all(moved)


# --- fit -----------------------------------------------------------------------


def test_epochs_are_counted_over_all_fits(quick: ConvLearner) -> None:
    quick.fit(1e-2, 2)
    quick.fit(1e-2, 1, cycle_len=3)

    assert quick.epochs_done == 5
    assert quick.sched.epochs == [0, 1, 2]


def test_two_fits_of_one_epoch_see_other_orders_than_one_fit_twice(
    make_learner: MakeLearner, state_of: StateOf
) -> None:
    """The epoch counter keys order and dropout, so no epoch repeats another."""
    twice, once = make_learner(precompute=True), make_learner(precompute=True)

    first = twice.fit(1e-2, 1)
    twice.load_state = None if False else twice.fit(1e-2, 1)
    once.fit(1e-2, 2)

    assert first.epoch == 0
    assert len(twice.settings["fits"]) == 2
    assert len(once.settings["fits"]) == 1
