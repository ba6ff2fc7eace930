"""Time the steps of a recipe, and note what each of them brought."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from textwrap import fill, indent
from typing import final

from typing_extensions import override

from unfreeze.front.summary import StepSummary
from unfreeze.numerics.metrics import Metric
from unfreeze.training.callbacks.base import Callback, RunView, Verdict
from unfreeze.training.callbacks.keep_best import BestScore
from unfreeze.training.history import EpochRow

__all__ = ["NoteFit", "StepClock"]

_NOTE_WIDTH = 76


@final
class StepClock:
    """Cuts a run into steps whose seconds add up to those of the run.

    Args:
        write: Takes the title of each step, and what it has to say.
        began: When the run began, as ``time.perf_counter`` counts; what happened
            before the first step counts as part of it.
        before: Seconds that each step has taken in earlier processes, if the run goes
            on; they count, too.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        began: float,
        before: Sequence[float] = (),
    ) -> None:
        self.steps: list[StepSummary] = []
        self._write = write
        self._began = began - sum(before)
        self._last = began
        self._before = before
        self.best = BestScore()
        """Of all epochs so far; its weights are kept."""

    @property
    def seconds(self) -> float:
        """Time since the run began."""
        return time.perf_counter() - self._began

    def seconds_of_steps(self) -> list[float]:
        """Seconds of each step up to now, the running one included."""
        self.settle()
        return [step.seconds for step in self.steps]

    @contextmanager
    def step(self, title: str) -> Iterator[StepSummary]:
        """Time what happens inside, also when it fails."""
        before = self._before[len(self.steps) : len(self.steps) + 1]
        summary = StepSummary(title, seconds=sum(before))
        self.steps.append(summary)
        self._write(f"\n{len(self.steps)}. {title}")
        try:
            yield summary
        finally:
            if summary.note:
                self._write(indent(fill(summary.note, _NOTE_WIDTH), "   "))
            self.settle()

    def settle(self) -> None:
        """Count the time up to now as part of the latest step."""
        now = time.perf_counter()
        self.steps[-1].seconds += now - self._last
        self._last = now


@final
class NoteFit(Callback):
    """Put the figures of a fit, or of several, into the summary of their step.

    Args:
        summary: Takes the figures.
        best: The score to beat; the same for all steps of a run, so that an epoch is
            marked as best when its weights are kept.
        metrics: Of the learner; the first one decides, else the validation loss.
    """

    def __init__(
        self,
        summary: StepSummary,
        best: BestScore | None = None,
        metrics: Sequence[Metric] = (),
    ) -> None:
        self._summary = summary
        self._best = best or BestScore()
        self._deciding = metrics[0] if metrics else None
        self._ended: list[EpochRow] = []

    @override
    def on_train_end(self, run: RunView) -> None:
        self._ended += run.history.epochs

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        rows = [*self._ended, *run.history.epochs]
        steps = run.history.steps
        peak = max(steps, key=lambda step: step.rates[-1])
        self._summary.lr = list(peak.rates)
        self._summary.epochs = len(rows)
        self._summary.train_loss = run.last.train_loss
        self._summary.valid_loss = run.last.valid_loss
        self._summary.accuracy = run.last.metrics.get("accuracy")
        self._summary.f2 = run.last.metrics.get("f2")
        if self._best.take(run.last.valid_loss, run.last.metrics, self._deciding):
            self._summary.best_epoch = self._summary.epochs
            self._summary.best_valid_loss = self._summary.valid_loss
            self._summary.best_accuracy = self._summary.accuracy
            self._summary.best_f2 = self._summary.f2
        images = sum(row.num_images for row in rows)
        self._summary.images_per_second = images / sum(row.seconds for row in rows)
        return Verdict.GO

    @override
    def on_epoch_again(self, run: RunView) -> None:
        self.on_epoch_end(run)
