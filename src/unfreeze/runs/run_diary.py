"""Keeps where a run is, and leads a later process back to there."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

from typing_extensions import override

from unfreeze.front.diary import Diary
from unfreeze.front.pacing import Budget
from unfreeze.front.steps import StepClock
from unfreeze.models.classifier import StagedClassifier
from unfreeze.runs.past_rows import PastRows
from unfreeze.runs.run_log import Entry, RunLog
from unfreeze.training.boundary import Boundary, PastFit
from unfreeze.training.fit_state import Tensors, put_weights, weights_of
from unfreeze.training.lr_find import RateSearch

__all__ = ["Keeping", "RunDiary"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How often the state of a run is kept, and for how long.

    It always is at the end of every search and fit.
    """

    share: float = 0.01
    """Of the time that keeping may take: epochs that are over in an instant are not
    all kept."""

    minutes: float = 5.0
    """Between two states in the middle of an epoch."""

    is_left: bool = False
    """Leave the last state in the folder of a finished run, which makes it large."""


@final
class RunDiary(Diary):
    """Hands over what was done before, and keeps what is done now.

    Args:
        log: Of the run.
        rows: Of its history, as far as the log goes.
        tensors: Those of the moment at which the log ends.
        clock: Times its steps.
        budget: What paces it, if that is a clock.
        keeping: How often to keep its state.
        write: Writes a state with these tensors and the log as it is by now. The flag
            says whether a search or fit ends here.
        go_back: Called once, where the past ends and work begins, to bring the files
            of the run to that moment. Whoever is refused before has changed none.
    """

    def __init__(  # noqa: PLR0913  # what a run consists of
        self,
        log: RunLog,
        rows: PastRows,
        tensors: Tensors,
        *,
        clock: StepClock,
        budget: Budget | None,
        keeping: Keeping,
        write: Callable[[Tensors, bool], None],
        go_back: Callable[[], None],
    ) -> None:
        self._log = log
        self._searches, self._fits = iter(rows.searches), iter(rows.fits)
        self._tensors = tensors
        self._clock = clock
        self._budget = budget
        self._keeping = keeping
        self._write = write
        self._go_back: Callable[[], None] | None = go_back
        self._note_before = ""
        """Note of the running step before its latest fit."""

        self._kept_at = time.monotonic()
        self._cost = 0.0
        """Seconds that the latest state took."""

    @property
    @override
    def is_recalling(self) -> bool:
        return self._log.is_recalling

    @override
    def past_search(self, model: StagedClassifier) -> RateSearch | None:
        entry = self._log.recall("search")
        if entry is None:
            self._begin_work()
            return None
        self._take_up_budget(entry)
        if not self.is_recalling:
            put_weights(model, self._handed_over())
            self._begin_work()
        return next(self._searches)

    @override
    def note_search(self, model: StagedClassifier) -> None:
        self._log.add("search", budget=self._state_of_budget())
        self._keep(weights_of(model), is_end=True)

    @override
    def past_fit(self) -> PastFit | None:
        step = self._clock.steps[-1]
        self._note_before = step.note
        entry = self._log.recall("fit")
        if not self.is_recalling:
            self._begin_work()
        if entry is None:
            return None
        rows = next(self._fits)
        self._take_up_budget(entry)
        if entry["is_over"]:
            step.note += entry["said"]
        else:
            self._log.entries.pop()  # it goes on, and is noted again
        return PastFit(
            steps=rows.steps,
            epochs=rows.epochs,
            seconds=entry["seconds"],
            is_over=entry["is_over"],
            tensors={} if self.is_recalling else self._handed_over(),
        )

    @override
    def keep(self, boundary: Boundary) -> None:
        if not self._is_due(boundary):
            return
        entries = self._log.entries
        self._log.add(
            "fit",
            is_over=boundary.is_over,
            seconds=boundary.seconds,
            said=self._clock.steps[-1].note[len(self._note_before) :],
            budget=self._state_of_budget(),
        )
        self._keep(boundary.tensors(), is_end=boundary.is_over)
        if not boundary.is_over:
            entries.pop()

    def _state_of_budget(self) -> Mapping[str, Any] | None:
        return None if self._budget is None else self._budget.state()

    def _take_up_budget(self, entry: Entry) -> None:
        if self._budget is not None:
            self._budget.take_up(entry["budget"])

    def _begin_work(self) -> None:
        if self._go_back is not None:
            self._go_back()
        self._go_back = None

    def _handed_over(self) -> Tensors:
        tensors, self._tensors = self._tensors, {}
        return tensors

    def _is_due(self, boundary: Boundary) -> bool:
        if boundary.is_over:
            return True
        wait = self._cost / self._keeping.share
        if boundary.is_within_epoch:
            wait = max(wait, 60 * self._keeping.minutes)
        return time.monotonic() - self._kept_at >= wait and boundary.is_sound()

    def _keep(self, tensors: Tensors, *, is_end: bool) -> None:
        began = time.monotonic()
        self._write(tensors, is_end)
        self._kept_at = time.monotonic()
        self._cost = self._kept_at - began
