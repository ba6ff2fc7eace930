"""Loss and log-probabilities, from logits of any precision, computed in float32."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from unfreeze.errors import PlanError
from unfreeze.records import Task
from unfreeze.tensors import Logits, Targets

__all__ = ["log_probs", "loss"]


def loss(
    logits: Logits,
    targets: Targets,
    task: Task,
    label_smoothing: float = 0.0,
    class_weights: Sequence[float] | None = None,
) -> Float[Tensor, ""]:
    """Average the cross entropy over a batch, in nats.

    Args:
        logits: Scores before softmax or sigmoid.
        targets: Class numbers for a single label; rows of 0s and 1s for several.
        task: Which of the two.
        label_smoothing: Share of each target that is spread evenly over all classes,
            or over yes and no; from 0 to below 1.
        class_weights: Multiply the loss of images of each class, whose sum is divided
            by the sum of the weights; with several labels, the loss of saying no to a
            label that is there. All 1 unless given.

    Returns:
        The mean over images, and over classes where there are several labels.

    Raises:
        PlanError: If ``label_smoothing`` is out of range.
    """
    if not 0 <= label_smoothing < 1:
        raise PlanError(f"label_smoothing must be in [0, 1), got {label_smoothing:g}.")
    weights = (
        None if class_weights is None else logits.new_tensor(class_weights).float()
    )
    if task is Task.SINGLE:
        return functional.cross_entropy(
            logits.float(), targets, weight=weights, label_smoothing=label_smoothing
        )
    softened = targets.float() * (1 - label_smoothing) + label_smoothing / 2
    return functional.binary_cross_entropy_with_logits(
        logits.float(), softened, pos_weight=weights
    )


def log_probs(logits: Float[Tensor, "... K"], task: Task) -> Float[Tensor, "... K"]:
    """Turn scores into natural logarithms of probabilities, in float32."""
    if task is Task.SINGLE:
        return torch.log_softmax(logits.float(), dim=-1)
    return functional.logsigmoid(logits.float())
