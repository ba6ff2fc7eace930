"""Mirrors src/unfreeze/models/known_hash.py."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from unfreeze.models import known_hash
from unfreeze.models.known_hash import KnownHash
from unfreeze.models.weights import content_hash


@pytest.fixture
def module() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def _swap(module: nn.Module) -> None:
    module[0].weight = nn.Parameter(module[0].weight.detach() + 1)


@torch.no_grad()
def _in_place(module: nn.Module) -> None:
    module[0].weight[0, 0, 0, 0] += 1e-3


@torch.no_grad()
def _same_sum_and_norm(module: nn.Module) -> None:
    first = module[0].weight[0].clone()
    module[0].weight[0] = module[0].weight[1]
    module[0].weight[1] = first


def _past_the_count(module: nn.Module) -> None:
    module[0].weight.data[0, 0, 0, 0] += 1e-3


def _statistics(module: nn.Module) -> None:
    module.train()(torch.ones(2, 3, 4, 4))


def _loaded(module: nn.Module) -> None:
    module.load_state_dict({n: t * 2 for n, t in module.state_dict().items()})


def _a_step(module: nn.Module) -> None:
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3, fused=True)
    module(torch.ones(2, 3, 4, 4)).sum().backward()
    optimizer.step()


CHANGES: list[Callable[[nn.Module], None]] = [
    _swap,
    _in_place,
    _same_sum_and_norm,
    _past_the_count,
    _statistics,
    _loaded,
    _a_step,
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_noticed(
    module: nn.Module, change: Callable[[nn.Module], None]
) -> None:
    known = KnownHash()
    before = known.of(module)

    change(module)

    assert before != known.of(module) == content_hash(module)


def test_weights_that_have_not_changed_are_hashed_once(
    module: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownHash()
    first = known.of(module)
    monkeypatch.setattr(known_hash, "content_hash", lambda module: "again")

    module.eval()
    for parameter in module.parameters():
        parameter.requires_grad_(requires_grad=False)

    assert known.of(module) == first == content_hash(module)
    assert known.of(nn.BatchNorm1d(2)) == "again"


def test_a_module_without_weights_has_a_hash(module: nn.Module) -> None:
    assert KnownHash().of(nn.ReLU()) == content_hash(nn.ReLU())
