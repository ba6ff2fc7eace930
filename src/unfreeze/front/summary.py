"""``summary.json``: what a run did, in numbers that other programs read."""

import dataclasses
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from unfreeze.atomic import written_whole
from unfreeze.records import Finding, Skipped
from unfreeze.training.runtime import Runtime
from unfreeze.written_json import as_json_text

__all__ = ["RunSummary", "StepSummary", "hardware"]

_FORMAT = 1


@dataclass(slots=True)
class StepSummary:
    """One step of the recipe. Figures that a step does not have are null."""

    name: str
    seconds: float = 0.0
    lr: list[float] = field(default_factory=list)
    """Peak rates: one, or one per layer group, those nearest the photo first."""

    epochs: int = 0
    train_loss: float | None = None
    """After the last epoch of the step, as are the next three."""

    valid_loss: float | None = None
    accuracy: float | None = None
    f2: float | None = None
    """At its best threshold, likewise, where photos carry several labels: there it
    decides which epoch is kept, and no accuracy is measured."""

    best_epoch: int | None = None
    """Epoch of the step, from 1, that beat all epochs before it, those of earlier
    steps included; None if none did. The weights that a run keeps are those of the
    last step that has one."""

    best_valid_loss: float | None = None
    """After that epoch, as are the next two. No temperature is at work yet."""

    best_accuracy: float | None = None
    best_f2: float | None = None
    images_per_second: float | None = None
    note: str = ""
    """What the step has to say: a verdict, a reason to stop."""

    def say(self, sentence: str) -> None:
        """Add to the note."""
        self.note = f"{self.note} {sentence}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A whole run. Accuracies are shares, losses nats, times seconds."""

    status: Literal["finished", "stopped"]
    arch: str
    size: int
    classes: Sequence[str]
    n_train: int
    n_valid: int
    skipped: Sequence[Skipped]
    accuracy: float | None
    tta_accuracy: float | None
    valid_loss: float | None
    confusion: Sequence[Sequence[int]] | None
    """Rows are true classes, columns predicted ones; None with several labels."""

    scores: Mapping[str, Any] | None
    """How good, how sure: intervals, per-class scores, calibration, rejection."""

    seconds: float
    budget: float | None
    """Seconds that the run was given; None for as long as it takes."""

    plan: Mapping[str, Any] | None
    """What was chosen to fit the budget, as ``Plan`` takes it; None without one."""

    steps: Sequence[StepSummary]
    settings: Mapping[str, Any]
    hardware: Mapping[str, Any]
    versions: Mapping[str, str]
    findings: Sequence[Finding] | None = None
    """What is unusual about the photos, as far as files alone tell; None where nobody
    has looked."""

    groups: Mapping[str, Any] | None = None
    """What was kept on one side of the split, as ``Grouping`` has it; None for no
    groups and no near-duplicates."""

    split: Mapping[str, Any] | None = None
    """What was asked of a split that was made here, and what it became, as ``HeldOut``
    has it, and in words where it is worth some; None for one that was there before."""

    validation: str = ""
    """Where the validation photos came from, in words: a folder, or chosen at random;
    empty if not known."""

    fixes: Mapping[str, Any] | None = None
    """What ``fixes.csv`` changed and brought, as ``FixSummary`` has it; None without
    one."""

    @property
    def kept(self) -> tuple[int, StepSummary] | None:
        """Number, from 1, and figures of the step whose best epoch was kept."""
        found = [
            (number, step)
            for number, step in enumerate(self.steps, start=1)
            if step.best_epoch is not None
        ]
        return found[-1] if found else None

    def as_json(self) -> dict[str, Any]:
        """The content of ``summary.json``."""
        content = {"format": _FORMAT, **dataclasses.asdict(self)}
        if self.findings is not None:
            content["findings"] = [finding.as_json() for finding in self.findings]
        return content

    def write(self, path: Path) -> None:
        """Write it in one move."""
        with written_whole(path) as stream:
            stream.write((as_json_text(self.as_json(), indent=1) + "\n").encode())


def hardware(runtime: Runtime) -> dict[str, Any]:
    """What the run ran on."""
    on_gpu = runtime.device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name() if on_gpu else runtime.device.type,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "precision": runtime.precision,
    }
