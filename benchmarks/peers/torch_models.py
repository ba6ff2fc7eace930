"""Networks for the loops in plain PyTorch: torchvision's, with weights of a file."""

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models

from benchmarks.protocol import Task

__all__ = ["classifier", "pretrained", "with_our_head"]


def pretrained(task: Task) -> nn.Module:
    """The whole network with its own 1,000 classes."""
    network: nn.Module = getattr(models, task.arch)()
    saved = load_file(task.weights_file)
    network.load_state_dict({name: each.float() for name, each in saved.items()})
    return network


def classifier(task: Task, num_classes: int) -> nn.Module:
    """The network with one new linear layer, as torchvision's tutorial builds it."""
    network = pretrained(task)
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network


class ConcatPool(nn.Module):
    """Maximum and mean over places, side by side."""

    def forward(self, maps: Tensor) -> Tensor:
        """Reduce B C H W to B 2C."""
        return torch.cat((maps.amax((2, 3)), maps.mean((2, 3))), dim=1)


def our_head(width: int, num_classes: int) -> nn.Sequential:
    """The layers of the head that we and fastai put on a backbone."""
    return nn.Sequential(
        nn.BatchNorm1d(width),
        nn.Dropout(0.25),
        nn.Linear(width, 512),
        nn.ReLU(),
        nn.BatchNorm1d(512),
        nn.Dropout(0.5),
        nn.Linear(512, num_classes),
    )


def with_our_head(task: Task, num_classes: int) -> nn.Sequential:
    """Backbone, concat pooling and that head."""
    network = pretrained(task)
    width = network.fc.in_features
    body = nn.Sequential(*list(network.children())[:-2])
    return nn.Sequential(body, ConcatPool(), our_head(2 * width, num_classes))
