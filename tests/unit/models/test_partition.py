"""Mirrors src/unfreeze/models/partition.py."""

from collections import Counter

import torch
from torch import nn

from unfreeze.models.partition import LayerGroup, partition


class _Tokens(nn.Module):
    """Like a vision transformer: own parameters, and blocks in a container."""

    def __init__(self) -> None:
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(3))
        with torch.device("meta"):
            self.embed = nn.Linear(3, 3)
            self.drop = nn.Dropout()
            self.blocks = nn.Sequential(
                *(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3), nn.BatchNorm1d(3))
            )


def _halves(root: nn.Module, early: set[str]) -> list[LayerGroup]:
    parts = {p: int(name not in early) for name, p in root.named_parameters()}
    return partition(root, parts, count=2)


def test_every_parameter_is_in_exactly_one_group() -> None:
    root = _Tokens()

    groups = _halves(root, {"class_token", "embed.weight", "embed.bias"})

    counts = Counter(p for group in groups for p in group.parameters())
    assert set(counts) == set(root.parameters())
    assert set(counts.values()) == {1}


def test_modules_stay_whole_where_they_can() -> None:
    root = _Tokens()

    early, late = _halves(root, {"class_token", "embed.weight", "embed.bias"})

    assert [type(m).__name__ for m in early] == ["ParameterList", "Linear", "Dropout"]
    assert list(late) == [root.blocks]


def test_a_module_without_parameters_goes_with_the_one_before() -> None:
    root = _Tokens()
    early = {name for name, _ in root.named_parameters() if "blocks.2" not in name}

    groups = _halves(root, early - {"blocks.3.weight", "blocks.3.bias"})

    assert root.blocks[1] in list(groups[0])
    assert root.blocks[3] in list(groups[1])


def test_split_modules_are_shells_of_the_later_group() -> None:
    root = _Tokens()

    early, late = _halves(root, {"blocks.0.weight", "blocks.0.bias"})

    assert early.shells == ()
    assert late.shells == (root.blocks, root)
