"""End a fit when its time is up."""

from collections.abc import Callable
from typing import final

from typing_extensions import override

from unfreeze.training.callbacks.base import Callback, RunView, Verdict

__all__ = ["StopAtDeadline"]


@final
class StopAtDeadline(Callback):
    """Stop after the step or epoch behind which there is time for nothing else.

    A net below a plan that was too hopeful: where the rate falls along a cosine, a fit
    that is cut short misses its best part.

    Args:
        seconds_left: Tells the time until the deadline; below 0 behind it.
        seconds_to_end: What the end itself takes, which is the last look at the
            validation photos.
        on_stop: Called once, when the fit is stopped.
    """

    def __init__(
        self,
        seconds_left: Callable[[], float],
        seconds_to_end: float,
        on_stop: Callable[[RunView], object],
    ) -> None:
        self._seconds_left = seconds_left
        self._seconds_to_end = seconds_to_end
        self._on_stop = on_stop
        self._is_stopped = False

    @override
    def on_batch_end(self, run: RunView) -> Verdict:
        return self._judge(run)

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        return self._judge(run)

    def _judge(self, run: RunView) -> Verdict:
        is_complete = len(run.history) == run.schedule.num_steps
        if is_complete or self._seconds_left() >= self._seconds_to_end:
            return Verdict.GO
        if not self._is_stopped:
            self._is_stopped = True
            self._on_stop(run)
        return Verdict.STOP
