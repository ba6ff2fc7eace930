"""Layer groups of a classifier, and what freezing them means.

A frozen group does not change by a single bit: its parameters take no gradients,
and its batch norm, dropout and drop path run as in evaluation.
"""

from collections.abc import Iterable, Sequence

from torch import nn

from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.partition import LayerGroup

__all__ = [
    "freeze_all_but",
    "freeze_groups",
    "freeze_to",
    "layer_groups",
    "set_mode",
    "unfreeze_groups",
]


def layer_groups(model: StagedClassifier) -> list[LayerGroup]:
    """List early backbone, late backbone, and head: every parameter exactly once.

    Ask again after the model's input size has changed: position embeddings may
    have been replaced.
    """
    head = LayerGroup([model.pool, model.head])
    head.shells = (model,)
    early, late = model.backbone.groups
    late.shells = (*late.shells, model.backbone)
    return [early, late, head]


def freeze_to(groups: Sequence[nn.Module], first: int) -> None:
    """Let groups from number ``first`` on learn, and no others.

    Args:
        groups: Layer groups in forward order.
        first: 0 unfreezes all; a negative number counts from the end, so -1
            leaves only the head learning.

    Raises:
        PlanError: If there is no such group.
    """
    start = _number(groups, first)
    for number, group in enumerate(groups):
        group.requires_grad_(number >= start)


def freeze_all_but(groups: Sequence[nn.Module], only: int) -> None:
    """Let group number ``only`` learn, and no others.

    Raises:
        PlanError: If there is no such group.
    """
    chosen = _number(groups, only)
    for number, group in enumerate(groups):
        group.requires_grad_(number == chosen)


def freeze_groups(groups: Sequence[nn.Module], numbers: Iterable[int]) -> None:
    """Freeze the groups with these numbers; the others stay as they are.

    Raises:
        PlanError: If there is no such group; then nothing has changed.
    """
    for number in [_number(groups, each) for each in numbers]:
        groups[number].requires_grad_(False)


def unfreeze_groups(groups: Sequence[nn.Module], numbers: Iterable[int]) -> None:
    """Let the groups with these numbers learn; the others stay as they are.

    Raises:
        PlanError: If there is no such group; then nothing has changed.
    """
    for number in [_number(groups, each) for each in numbers]:
        groups[number].requires_grad_(True)


def set_mode(
    groups: Sequence[LayerGroup], training: bool, bn_frozen: bool = False
) -> None:
    """Put each group in training or evaluation mode.

    Args:
        groups: All layer groups of a model.
        training: Whether a training step follows. Groups without a trainable
            parameter are put in evaluation mode all the same.
        bn_frozen: Keep every batch norm in evaluation mode, so that its statistics
            stay as they are even where its group learns.
    """
    for group in groups:
        learns = training and any(p.requires_grad for p in group.parameters())
        group.train(learns)
        for shell in group.shells:
            shell.training = learns
        if bn_frozen:
            _hold_statistics(group)


def _hold_statistics(group: nn.Module) -> None:
    for module in group.modules():
        if "running_mean" in dict(module.named_buffers(recurse=False)):
            module.eval()


def _number(groups: Sequence[nn.Module], number: int) -> int:
    count = len(groups)
    if not -count <= number < count:
        raise PlanError(
            f"There is no layer group {number}: expected {-count} to {count - 1}."
        )
    return number % count
