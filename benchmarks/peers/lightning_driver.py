"""Lightning's Trainer with a plain module."""

import logging
import time
import warnings

import torch
from lightning import LightningModule, Trainer
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers.torch_data import loader
from benchmarks.peers.torch_models import classifier
from benchmarks.protocol import Figures, Repeat, Task, serve


class Plain(LightningModule):
    """A network, cross entropy and SGD; what is frozen stays in evaluation mode."""

    def __init__(self, network: nn.Module, rate: float, is_frozen: bool) -> None:
        super().__init__()
        self.network = network
        self.rate = rate
        self.is_frozen = is_frozen

    def on_train_epoch_start(self) -> None:
        """Keep batch-norm statistics where the backbone is frozen."""
        self.network.train(not self.is_frozen)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Loss of a batch."""
        images, labels = batch
        return functional.cross_entropy(self.network(images), labels)

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """Log the share of right answers."""
        images, labels = batch
        hits = (self.network(images).argmax(1) == labels).float().mean()
        self.log("accuracy", hits, batch_size=len(labels))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Momentum for what may learn."""
        learning = [each for each in self.parameters() if each.requires_grad]
        return torch.optim.SGD(learning, lr=self.rate, momentum=0.9)


def frozen(task: Task) -> Repeat:
    """Epochs of a new last layer."""
    return _epochs(task, rate=1e-2, is_frozen=True)


def unfrozen(task: Task) -> Repeat:
    """Epochs of the whole network."""
    return _epochs(task, rate=1e-3, is_frozen=False)


def _epochs(task: Task, rate: float, is_frozen: bool) -> Repeat:
    warnings.filterwarnings("ignore", category=UserWarning)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    train, valid = loader(task, "train"), loader(task, "valid")
    network = classifier(task, len(train.dataset.classes))
    if is_frozen:
        network.requires_grad_(False)
        network.fc.requires_grad_(True)
    module = Plain(network, rate, is_frozen)

    def repeat() -> Figures:
        trainer = Trainer(
            max_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        began = time.perf_counter()
        trainer.fit(module, train, valid)
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "accuracy": float(trainer.callback_metrics["accuracy"]),
        }

    return repeat


if __name__ == "__main__":
    serve({"frozen": frozen, "unfrozen": unfrozen})
