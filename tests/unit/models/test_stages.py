"""Mirrors src/unfreeze/models/stages.py."""

import torch
from torch import nn

from unfreeze.models.stages import first_half


def _linear() -> nn.Linear:
    with torch.device("meta"):
        return nn.Linear(1, 1, bias=False)


def test_timms_stages_come_first() -> None:
    class Grouped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.early, self.middle, self.late = (_linear() for _ in range(3))

        def group_matcher(self, coarse: bool) -> dict[str, str]:
            return {"stem": r"^(early|middle)", "blocks": r"^late"}

    assert first_half(Grouped()) == {"early.weight", "middle.weight"}


def test_without_them_children_are_stages_and_lists_are_opened() -> None:
    network = nn.ModuleDict(
        {"stem": _linear(), "stages": nn.Sequential(*(_linear() for _ in range(4)))}
    )

    assert first_half(network) == {"stem.weight", "stages.0.weight", "stages.1.weight"}
