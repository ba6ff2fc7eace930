"""End a fit when the validation loss shows that it learns by heart."""

import math
from typing import final

from typing_extensions import override

from unfreeze.training.callbacks.base import Callback, RunView, Verdict

__all__ = ["StopOnOverfitting"]


@final
class StopOnOverfitting(Callback):
    """Stop after a cycle whose validation loss lies above the best so far.

    A cycle ends at its lowest rate, so two cycle ends can be compared fairly, which two
    epochs in the middle of a cycle cannot.

    Args:
        best_loss: Validation loss to beat in the first cycle, in nats; for example
            that of the weights the fit starts from.
        tolerance: Share by which the loss may rise and still count as level, for
            chance moves a small validation set's loss.
    """

    def __init__(self, best_loss: float = math.inf, tolerance: float = 0.02) -> None:
        self.stopped_at: int | None = None
        """The cycle after which it stopped; None if it did not."""

        self._best = best_loss
        self._tolerance = tolerance

    @override
    def on_cycle_end(self, run: RunView, cycle: int) -> Verdict:
        loss = run.last.valid_loss
        if loss > self._best * (1 + self._tolerance):
            self.stopped_at = cycle
            return Verdict.STOP
        self._best = min(self._best, loss)
        return Verdict.GO

    @override
    def on_cycle_again(self, run: RunView, cycle: int) -> None:
        self.on_cycle_end(run, cycle)
