"""The moments of a fit at which a callback is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.history import EpochRow, History

if TYPE_CHECKING:
    from unfreeze.numerics.schedules import Schedule

__all__ = ["Callback", "RunView", "Verdict"]


class Verdict(Enum):
    """A callback's answer: whether the fit goes on. Only ``STOP`` is true."""

    GO = False
    STOP = True

    def __bool__(self) -> bool:
        return self is Verdict.STOP


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunView:
    """What a callback may look at. It cannot rearrange the run behind the loop."""

    model: StagedClassifier
    history: History
    schedule: "Schedule"
    epochs: int
    """Epochs that the fit will run unless it is stopped."""

    steps_per_epoch: int

    @property
    def epoch(self) -> int:
        """The running epoch, counted from 0 within this fit."""
        return len(self.history.epochs)

    @property
    def last(self) -> EpochRow:
        """The epoch that has just ended."""
        return self.history.epochs[-1]

    @property
    def smooth_loss(self) -> float:
        """Running mean of the training loss, in nats. Waits for the device."""
        return self.history.steps[-1].smooth_loss


class Callback:
    """Empty hooks, for a final class to fill in.

    Hooks of steps and epochs may return ``Verdict.STOP`` (or anything true) to end the
    fit after that step or epoch; the end is orderly, and ``on_train_end`` is called.
    """

    def on_train_begin(self, run: RunView) -> None:
        """Before the first step."""

    def on_batch_begin(self, run: RunView) -> None:
        """Before each step, with the rates of the step in place."""

    def on_batch_end(self, run: RunView) -> Verdict | bool | None:
        """After each step."""

    def extra_figures(self, run: RunView) -> Mapping[str, float]:
        """Columns to add to the row of the epoch that ends, after its validation."""
        return {}

    def on_epoch_end(self, run: RunView) -> Verdict | bool | None:
        """After the validation of each epoch, whose row is ``run.last``."""

    def on_cycle_end(self, run: RunView, cycle: int) -> Verdict | bool | None:
        """After the last epoch of a cycle, counted from 0."""

    def on_epoch_again(self, run: RunView) -> None:
        """Take up an epoch that an earlier process has run, whose row is ``run.last``.

        Called ahead of ``on_train_begin``, where a fit goes on. Nothing is measured,
        saved or stopped again.
        """

    def on_cycle_again(self, run: RunView, cycle: int) -> None:
        """Take up a cycle that an earlier process has run, likewise."""

    def before_keeping(self, run: RunView) -> None:
        """Write down what is pending: the state of the fit is going to be kept."""

    def on_train_end(self, run: RunView) -> None:
        """After the last step, also when a callback stopped the fit or it failed."""
