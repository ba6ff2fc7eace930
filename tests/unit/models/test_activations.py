"""Mirrors src/unfreeze/models/activations.py."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from unfreeze.errors import PlanError
from unfreeze.models.activations import activations_of


@pytest.fixture
def model(global_draws: None) -> nn.Sequential:
    layers = OrderedDict(
        early=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4), pool=nn.Flatten()
    )
    return nn.Sequential(layers)


def test_a_layer_is_kept_as_it_puts_out(model: nn.Sequential) -> None:
    images = torch.ones(2, 3, 5, 5)

    found = activations_of(model, images, ["early", "pool"])

    torch.testing.assert_close(found["early"], model.early(images).detach())
    assert found["pool"].shape == (2, 36)


def test_the_model_is_left_as_it_was(model: nn.Sequential) -> None:
    model.train()
    before = model.norm.running_mean.clone()

    activations_of(model, torch.ones(2, 3, 5, 5), ["norm"])

    assert model.norm.training
    assert torch.equal(model.norm.running_mean, before)
    assert not model.norm._forward_hooks


def test_an_unknown_layer_is_named_with_its_neighbours(model: nn.Sequential) -> None:
    with pytest.raises(PlanError, match=r"no layer 'erly'.*'early'"):
        activations_of(model, torch.ones(1, 3, 5, 5), ["erly"])


def test_a_layer_that_never_runs_is_refused(model: nn.Sequential) -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = model, nn.Identity()

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.used(images)

    with pytest.raises(PlanError, match=r"\['idle'\] put out no single tensor"):
        activations_of(Idle(), torch.ones(1, 3, 5, 5), ["idle"])
