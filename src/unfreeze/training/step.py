"""One step of learning."""

from torch import Tensor

from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.losses import loss as loss_of
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.tensors import Batch
from unfreeze.training.restore import seed_modules
from unfreeze.training.source import Setup, Source, labels_of, logits_of

__all__ = ["train_step"]


def train_step(  # noqa: PLR0913  # all that a step depends on
    model: StagedClassifier,
    source: Source,
    batch: Batch,
    optimizer: LayerOptimizer,
    setup: Setup,
    *,
    seed: int,
    clip_norm: float | None = None,
) -> Tensor:
    """Learn from one batch, in pieces if the memory does not hold all of it.

    Args:
        model: Its trainable parameters are updated.
        source: Where the batch comes from.
        batch: With labels.
        optimizer: At the rates of this step.
        setup: Machine and task.
        seed: Keys dropout. The global generators are left behind at its numbers.
        clip_norm: Largest total gradient norm; None leaves gradients as they are.

    Returns:
        The mean loss of the batch in nats, before the update. It stays on the device:
        nothing here waits for it.

    Raises:
        PlanError: If the batch has no labels, or the memory is too small even for its
            smallest pieces.
    """

    def find_gradients() -> Tensor:
        optimizer.zero_grad()
        seed_modules(setup.runtime.device, seed)
        with setup.runtime.autocast():
            logits = logits_of(model, source, batch, setup)
        labels = labels_of(batch).to(logits.device)
        loss = loss_of(logits, labels, setup.task, class_weights=setup.class_weights)
        setup.runtime.backward(loss)
        return loss.detach()

    loss = setup.micro_batches.run(find_gradients, model)
    if clip_norm is not None:
        setup.runtime.clip(model, clip_norm)
    optimizer.step()
    return loss
