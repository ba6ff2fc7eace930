"""Mirrors src/unfreeze/optim/builders.py."""

import torch
from torch import nn

from unfreeze.optim.builders import adam, sgd


def _groups() -> list[dict[str, object]]:
    return [{"params": [nn.Parameter(torch.ones(1))], "lr": 0.5}]


def test_sgd_has_the_momentum_of_the_lesson() -> None:
    optimizer = sgd(_groups())

    assert isinstance(optimizer, torch.optim.SGD)
    assert optimizer.param_groups[0]["momentum"] == 0.9
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_adam_decays_weights_and_not_gradients() -> None:
    optimizer = adam(_groups())

    assert isinstance(optimizer, torch.optim.AdamW)
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.99)
