"""Split a network into layer groups, as whole modules in forward order."""

from collections.abc import Mapping, Sequence
from typing import final

from torch import nn

__all__ = ["LayerGroup", "partition"]


@final
class LayerGroup(nn.ModuleList):
    """Modules that learn together, at one rate.

    Attributes:
        shells: Modules that hold parts of this group and of an earlier one, and so
            are no members. Their own ``training`` mark follows this group.
    """

    shells: tuple[nn.Module, ...] = ()


def partition(
    root: nn.Module, part_of: Mapping[nn.Parameter, int], count: int
) -> list[LayerGroup]:
    """Put every parameter below ``root`` into exactly one group.

    A module whose parameters all belong to one part is added whole. A module
    without parameters goes with the module before it, and parameters held by a
    split module itself (class tokens, position embeddings) become a ParameterList.

    Args:
        root: The module to split.
        part_of: The part of each parameter below ``root``, 0 to ``count - 1``.
        count: Number of groups, in forward order.
    """
    groups = [LayerGroup() for _ in range(count)]
    _place(root, part_of, groups, current=0)
    return groups


def _place(
    module: nn.Module,
    part_of: Mapping[nn.Parameter, int],
    groups: Sequence[LayerGroup],
    current: int,
) -> int:
    """Add ``module`` whole, or piece by piece; return the part reached."""
    parts = {part_of[parameter] for parameter in module.parameters()} or {current}
    if len(parts) == 1:
        (current,) = parts
        groups[current].append(module)
        return current
    _place_own_parameters(module, part_of, groups)
    for child in module.children():
        current = _place(child, part_of, groups, current)
    last = groups[max(parts)]
    last.shells = (*last.shells, module)
    return current


def _place_own_parameters(
    module: nn.Module,
    part_of: Mapping[nn.Parameter, int],
    groups: Sequence[LayerGroup],
) -> None:
    own = list(module.parameters(recurse=False))
    for part, group in enumerate(groups):
        if members := [each for each in own if part_of[each] == part]:
            group.append(nn.ParameterList(members))
