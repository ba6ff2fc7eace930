"""One step of learning."""

from torch import Tensor

from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.losses import Task
from unfreeze.numerics.losses import loss as loss_of
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.tensors import Batch
from unfreeze.training.runtime import Runtime
from unfreeze.training.source import Source, labels_of, logits_of

__all__ = ["train_step"]


def train_step(
    model: StagedClassifier,
    source: Source,
    batch: Batch,
    optimizer: LayerOptimizer,
    runtime: Runtime,
    *,
    task: Task,
    clip_norm: float | None = None,
) -> Tensor:
    """Learn from one batch.

    Returns:
        The mean loss of the batch in nats, before the update. It stays on the device:
        nothing here waits for it.
    """
    logits = logits_of(model, source, batch, runtime)
    loss = loss_of(logits, labels_of(batch).to(logits.device), task)

    optimizer.zero_grad()
    runtime.backward(loss)
    if clip_norm is not None:
        runtime.clip(model, clip_norm)
    optimizer.step()

    return loss.detach()
