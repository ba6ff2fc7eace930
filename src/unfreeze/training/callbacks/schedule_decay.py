"""Weight decay on the weights themselves, with a schedule of its own."""

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import final

from typing_extensions import override

from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.callbacks.base import Callback, RunView

__all__ = ["ScheduleDecay"]


@final
class ScheduleDecay(Callback):
    """Decouple decay from the gradient for one fit, and scale it at every step.

    Args:
        optimizer: The optimizer of the fit.
        normalise: Divide by the square root of the number of steps of the cycle, as
            Loshchilov and Hutter (2019) propose, so that one decay suits short and
            long cycles alike.
        multiplier: Further factor at each step, given the optimizer.
    """

    def __init__(
        self,
        optimizer: LayerOptimizer,
        *,
        normalise: bool = False,
        multiplier: Callable[[LayerOptimizer], float] | None = None,
    ) -> None:
        self._optimizer = optimizer
        self._normalise = normalise
        self._multiplier = multiplier

    @override
    def on_train_begin(self, run: RunView) -> None:
        self._optimizer.decouple_decay()

    @override
    def on_batch_begin(self, run: RunView) -> None:
        factor = 1.0
        if self._multiplier is not None:
            factor *= self._multiplier(self._optimizer)
        if self._normalise:
            factor /= math.sqrt(_steps_of_cycle(run))
        self._optimizer.decay_factor = factor

    @override
    def on_train_end(self, run: RunView) -> None:
        self._optimizer.couple_decay()


def _steps_of_cycle(run: RunView) -> int:
    ends = run.schedule.cycle_ends
    cycle = bisect_right(ends, len(run.history))
    return ends[cycle] - (0, *ends)[cycle]
