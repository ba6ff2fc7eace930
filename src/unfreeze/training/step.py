"""One step of learning."""

from torch import Tensor

from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.losses import loss as loss_of
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.tensors import Batch
from unfreeze.training.source import Setup, Source, labels_of, logits_of

__all__ = ["train_step"]


def train_step(
    model: StagedClassifier,
    source: Source,
    batch: Batch,
    optimizer: LayerOptimizer,
    setup: Setup,
    *,
    clip_norm: float | None = None,
) -> Tensor:
    """Learn from one batch.

    Args:
        model: Its trainable parameters are updated.
        source: Where the batch comes from.
        batch: With labels.
        optimizer: At the rates of this step.
        setup: Machine and task.
        clip_norm: Largest total gradient norm; None leaves gradients as they are.

    Returns:
        The mean loss of the batch in nats, before the update. It stays on the device:
        nothing here waits for it.
    """
    logits = logits_of(model, source, batch, setup.runtime)
    loss = loss_of(logits, labels_of(batch).to(logits.device), setup.task)

    optimizer.zero_grad()
    setup.runtime.backward(loss)
    if clip_norm is not None:
        setup.runtime.clip(model, clip_norm)
    optimizer.step()

    return loss.detach()
