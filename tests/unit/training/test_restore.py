"""Mirrors src/unfreeze/training/restore.py."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.restore import (
    borrowed_random_state,
    put_back,
    repeatable,
    seed_modules,
)

_CPU = torch.device("cpu")


def _ruin(model: nn.Module) -> None:
    """Change everything that a step of learning changes."""
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 9.0)
        with torch.no_grad():
            parameter.fill_(float("nan"))
        parameter.requires_grad_(not parameter.requires_grad)
    for buffer in model.buffers():
        buffer.fill_(3)
    model.train(not model.training)


@pytest.mark.parametrize("error", [None, OSError, KeyboardInterrupt])
def test_a_model_is_put_back_bit_by_bit(
    model: StagedClassifier,
    state_of: Callable[[nn.Module], dict[str, bytes]],
    error: type[BaseException] | None,
) -> None:
    model.head.eval()
    first, second, *_ = model.parameters()
    first.grad = torch.ones_like(first)
    second.requires_grad_(False)
    before = state_of(model)
    modes = [module.training for module in model.modules()]

    def borrow() -> None:
        with put_back(model):
            _ruin(model)
            if error is not None:
                raise error

    if error is None:
        borrow()
    else:
        with pytest.raises(error):
            borrow()

    assert state_of(model) == before
    assert [module.training for module in model.modules()] == modes
    assert next(model.parameters()) is first
    learning = [parameter.requires_grad for parameter in model.parameters()]
    assert learning == [True, False] + [True] * (len(learning) - 2)
    gradients = [parameter.grad for parameter in model.parameters()]
    assert torch.equal(gradients[0], torch.ones_like(first))
    assert gradients[1:] == [None] * (len(gradients) - 1)


def test_borrowed_random_state_is_given_back_on_error() -> None:
    before = torch.get_rng_state()

    def borrow() -> None:
        with borrowed_random_state(_CPU):
            seed_modules(_CPU, 5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        borrow()

    assert torch.equal(torch.get_rng_state(), before)


def test_a_seed_decides_what_modules_draw() -> None:
    with borrowed_random_state(_CPU):
        torch.manual_seed(5)
        expected = nn.functional.dropout(torch.ones(99))
        seed_modules(_CPU, 5)
        assert torch.equal(nn.functional.dropout(torch.ones(99)), expected)


@pytest.mark.gpu
def test_on_a_gpu_its_own_generator_is_borrowed_too() -> None:
    gpu = torch.device("cuda")
    before = torch.cuda.get_rng_state(), torch.get_rng_state()
    drawn = []
    for _ in range(2):
        with borrowed_random_state(gpu):
            seed_modules(gpu, 5)
            drawn.append(torch.rand(9, device=gpu))

    assert torch.equal(*drawn)
    assert torch.equal(torch.cuda.get_rng_state(), before[0])
    assert torch.equal(torch.get_rng_state(), before[1])


@pytest.mark.parametrize("before", [(False, True), (True, False), (False, False)])
def test_convolutions_are_repeatable_on_gpus_for_the_time_being(
    monkeypatch: pytest.MonkeyPatch, before: tuple[bool, bool]
) -> None:
    """A choice by a stopwatch would be another one tomorrow."""
    cudnn = torch.backends.cudnn
    monkeypatch.setattr(cudnn, "deterministic", before[0])
    monkeypatch.setattr(cudnn, "benchmark", before[1])

    def interrupted() -> None:
        with repeatable(torch.device("cuda")):
            assert (cudnn.deterministic, cudnn.benchmark) == (True, False)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert (cudnn.deterministic, cudnn.benchmark) == before
    with repeatable(_CPU):
        assert (cudnn.deterministic, cudnn.benchmark) == before
