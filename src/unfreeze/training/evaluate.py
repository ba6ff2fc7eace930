"""One pass over a split without learning anything from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.probe import evaluating
from unfreeze.numerics.losses import log_probs as log_probs_of
from unfreeze.numerics.losses import loss as loss_of
from unfreeze.numerics.metrics import Metric
from unfreeze.records import Task
from unfreeze.training.runtime import memory_explained
from unfreeze.training.source import Labels, Setup, Source, in_order, logits_of
from unfreeze.training.stand_in import fused

__all__ = ["Evaluation", "evaluate", "logits_over", "score"]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a pass over a labelled split says. Row ``i`` is row ``i`` of the index."""

    loss: float
    """Mean over all images, in nats."""

    metrics: Mapping[str, float]
    log_probs: Float32[np.ndarray, "N K"]


def logits_over(
    model: StagedClassifier,
    source: Source,
    setup: Setup,
    *,
    epoch: int = 0,
) -> Float32[Tensor, "N K"]:
    """Run the model over every row once, in index order.

    Args:
        model: Put in evaluation mode for the time being.
        source: What to run over.
        setup: How to load, and on what machine.
        epoch: Keys the augmentation, where ``source`` has one.

    Returns:
        Logits on the CPU.
    """
    with (
        evaluating(model),
        fused(model, source, setup.runtime),
        memory_explained(setup.loading.batch_size),
    ):
        parts = [
            setup.micro_batches.run(
                partial(logits_of, model, source, batch, setup), model
            ).float()
            for batch in in_order(source, setup.loading, epoch)
        ]
        return torch.cat(parts).cpu()


def evaluate(
    model: StagedClassifier,
    source: Source,
    labels: Labels,
    setup: Setup,
    metrics: Sequence[Metric],
) -> Evaluation:
    """Measure loss and metrics over the whole split at once, not batch by batch."""
    return score(logits_over(model, source, setup), labels, setup.task, metrics)


def score(
    logits: Float32[Tensor, "N K"],
    labels: Labels,
    task: Task,
    metrics: Sequence[Metric],
) -> Evaluation:
    """Compare the logits of a split with its labels."""
    log_probs = log_probs_of(logits, task).numpy()
    loss = loss_of(logits, torch.from_numpy(labels), task)
    measured = {each.name: each(log_probs, labels) for each in metrics}
    return Evaluation(float(loss), measured, log_probs)
