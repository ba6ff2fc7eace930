"""What happened while training: a row per step and a row per epoch."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, final

import torch
from torch import Tensor

from unfreeze.atomic import full_disk_named
from unfreeze.numerics.smoothing import RunningMean
from unfreeze.written_json import as_json_text

__all__ = ["EpochRow", "History", "HistoryFile", "StepRow"]


@dataclass(frozen=True, slots=True)
class StepRow:
    """One optimizer step. Rates are those of the step, body first, head last."""

    step: int
    epoch: int
    rates: tuple[float, ...]
    momentum: float | None
    loss: float
    """Mean loss of the batch, in nats."""

    smooth_loss: float
    """Bias-corrected running mean of the losses of this fit, in nats."""


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One epoch, in the order in which the lesson's table prints it."""

    epoch: int
    train_loss: float
    """Running mean of the batch losses at the end of the epoch, in nats."""

    valid_loss: float
    """Mean loss over the validation images, in nats."""

    metrics: Mapping[str, float]
    seconds: float
    num_images: int
    """Training images seen in the epoch."""

    extra: Mapping[str, float] = field(default_factory=dict)
    """Figures added by callbacks, such as those of averaged weights."""


@final
class HistoryFile:
    """JSON lines that appear on disk as the rows happen, readable after a crash.

    Steps and epochs are numbered within their fit; a ``fit`` row begins each. Lines are
    handed to the operating system at least once a second and at every epoch. Figures
    that are no finite numbers, which JSON does not know, become null.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._flushed_at = time.monotonic()

    def write(self, kind: str, row: Mapping[str, object]) -> None:
        """Append one row: a ``fit``, ``step``, ``epoch`` or ``search``."""
        now = time.monotonic()
        with full_disk_named(self._path):
            self._file.write(as_json_text({"kind": kind, **row}) + "\n")
            if kind != "step" or now - self._flushed_at > 1:
                self._file.flush()
                self._flushed_at = now

    def secure(self) -> int:
        """Bring all rows so far to the disk, and say how many bytes they are."""
        with full_disk_named(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Write what is left, and close the file."""
        with full_disk_named(self._path):
            self._file.close()


@final
class History:
    """All rows of one fit.

    Losses stay on the device until somebody reads them, so that recording a step does
    not make the processor wait for a GPU.
    """

    def __init__(self) -> None:
        self.epochs: list[EpochRow] = []
        self._steps: list[StepRow] = []
        self._pending: list[tuple[int, tuple[float, ...], float | None, Tensor]] = []
        self._mean = RunningMean()

    def __len__(self) -> int:
        return len(self._steps) + len(self._pending)

    def add_step(
        self, epoch: int, rates: tuple[float, ...], momentum: float | None, loss: Tensor
    ) -> None:
        """Record a step whose mean loss may still be on its way."""
        self._pending.append((epoch, rates, momentum, loss))

    def add_past_steps(self, rows: Sequence[StepRow]) -> None:
        """Take up steps that an earlier process has recorded."""
        self._steps += rows
        for row in rows:
            self._mean = self._mean.plus(row.loss)

    @property
    def steps(self) -> Sequence[StepRow]:
        """Every step so far. Waits for the device if losses are still on their way."""
        if self._pending:
            losses = torch.stack([entry[3] for entry in self._pending]).tolist()
            for (epoch, rates, momentum, _), loss in zip(
                self._pending, losses, strict=True
            ):
                self._mean = self._mean.plus(loss)
                smooth = self._mean.value
                row = StepRow(len(self._steps), epoch, rates, momentum, loss, smooth)
                self._steps.append(row)
            self._pending.clear()
        return self._steps
