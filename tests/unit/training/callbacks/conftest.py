"""What tests of callbacks share: a look at a run that never ran."""

from collections.abc import Callable

import pytest
import torch

from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.schedules import Schedule, constant
from unfreeze.training.callbacks.base import RunView
from unfreeze.training.history import EpochRow, History


@pytest.fixture
def make_row() -> Callable[..., EpochRow]:
    def make(
        epoch: int = 0,
        *,
        valid_loss: float = 0.25,
        metrics: dict[str, float] | None = None,
        seconds: float = 1.0,
        extra: dict[str, float] | None = None,
    ) -> EpochRow:
        return EpochRow(
            epoch=epoch,
            train_loss=0.5,
            valid_loss=valid_loss,
            metrics={"accuracy": 0.75} if metrics is None else metrics,
            seconds=seconds,
            num_images=8,
            extra=extra or {},
        )

    return make


@pytest.fixture
def make_view(model: StagedClassifier) -> Callable[..., RunView]:
    """Show a run that has taken ``steps`` steps of loss 1, and these epochs."""

    def make(
        *rows: EpochRow,
        steps: int = 0,
        epochs: int = 3,
        steps_per_epoch: int = 2,
        schedule: Schedule | None = None,
    ) -> RunView:
        history = History()
        history.epochs.extend(rows)
        for step in range(steps):
            history.add_step(step // steps_per_epoch, (0.1,), None, torch.tensor(1.0))
        return RunView(
            model=model,
            history=history,
            schedule=schedule or constant(steps_per_epoch, epochs),
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
        )

    return make
