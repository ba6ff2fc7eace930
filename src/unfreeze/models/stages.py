"""Where a network has its middle: the parameters of the early stages."""

from math import ceil

from torch import nn

from unfreeze.models import zoo

__all__ = ["first_half"]


def first_half(network: nn.Module) -> frozenset[str]:
    """Name the parameters of the first half of the stages, rounded up.

    Stages are timm's; where timm does not know them, the network's children, and
    each member of a child that is a list.

    Args:
        network: A timm network, its head removed.
    """
    stages = zoo.coarse_groups(network) or []
    if len(stages) < 2:
        stages = _stages_by_child(network)
    return frozenset(
        name for stage in stages[: ceil(len(stages) / 2)] for name in stage
    )


def _stages_by_child(network: nn.Module) -> list[list[str]]:
    lists = {
        name
        for name, child in network.named_children()
        if isinstance(child, (nn.Sequential, nn.ModuleList))
    }
    stages: dict[tuple[str, ...], list[str]] = {}
    for name, _ in network.named_parameters():
        parts = name.split(".")
        depth = 2 if parts[0] in lists else 1
        stages.setdefault(tuple(parts[:depth]), []).append(name)
    return list(stages.values())
