"""Mirrors src/unfreeze/models/summary.py."""

import torch
from torch import nn

from unfreeze.models.summary import summarise


class _WithToken(nn.Module):
    """Runs one layer twice and owns a parameter itself."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(7))
        with torch.device("meta"):
            layers = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)
        self.conv, self.norm = (layer.to_empty(device="cpu") for layer in layers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(self.conv(images)))


def test_rows_follow_the_run_with_shapes_and_counts() -> None:
    rows = summarise(_WithToken(), size=4)

    assert list(rows) == ["Conv2d-1", "Conv2d-2", "BatchNorm2d-3", "_WithToken-4"]
    assert rows["Conv2d-1"] == {
        "input_shape": [-1, 3, 4, 4],
        "output_shape": [-1, 3, 4, 4],
        "trainable": True,
        "nb_params": 3 * 3 + 3,
    }
    assert rows["Conv2d-2"]["nb_params"] == 0


def test_counts_add_up_to_the_model() -> None:
    model = _WithToken()

    rows = summarise(model, size=4)

    total = sum(parameter.numel() for parameter in model.parameters())
    assert sum(row["nb_params"] for row in rows.values()) == total


def test_frozen_layers_are_reported() -> None:
    model = _WithToken()
    model.conv.requires_grad_(False)

    rows = summarise(model, size=4)

    assert not rows["Conv2d-1"]["trainable"]
    assert rows["BatchNorm2d-3"]["trainable"]


def test_the_model_stays_as_it_was() -> None:
    model = _WithToken()
    model.norm.reset_running_stats()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    summarise(model, size=4)

    assert all(torch.equal(t, before[n]) for n, t in model.state_dict().items())
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())
