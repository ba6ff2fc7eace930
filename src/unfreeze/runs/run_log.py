"""What a run has done and decided so far, in order, to be gone through again.

The recipe is a function of what its searches, its fits and its clock say. So a run goes
on by taking every step again, with the answers of the log instead of the work, until
the log ends; from there on it works, and adds to the log.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, TypeAlias, final

from typing_extensions import override

from unfreeze.errors import DataError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.pacing import Budget, Moment, Pacing
from unfreeze.front.plan import Plan
from unfreeze.front.summary import StepSummary
from unfreeze.training.callbacks.base import Callback

__all__ = ["Entry", "LoggedBudget", "RunLog"]

Entry: TypeAlias = Mapping[str, Any]
Kind: TypeAlias = Literal["search", "fit", "plan", "cycle"]


@final
class RunLog:
    """Entries of earlier processes that are still ahead, and all that are behind."""

    def __init__(self, past: Sequence[Entry] = ()) -> None:
        self._ahead = deque(past)
        self.entries: list[Entry] = []
        """Those behind, of earlier processes and of this one."""

    @property
    def is_recalling(self) -> bool:
        """Whether entries of earlier processes are still ahead."""
        return bool(self._ahead)

    def recall(self, kind: Kind) -> Entry | None:
        """The entry that comes next; None behind the last one.

        Raises:
            DataError: If the run has done something else at this point.
        """
        if not self._ahead:
            return None
        entry = self._ahead.popleft()
        if entry.get("kind") != kind:
            raise DataError(
                f"The run has noted a {entry.get('kind')} where a {kind} is expected: "
                "another version of unfreeze began it. Train anew."
            )
        self.entries.append(entry)
        return entry

    def add(self, kind: Kind, **content: object) -> None:
        """Note what has just happened."""
        self.entries.append({"kind": kind, **content})


@final
class LoggedBudget(Pacing):
    """A budget whose decisions are logged, so that none is taken twice."""

    def __init__(self, budget: Budget, log: RunLog) -> None:
        self.budget = budget
        self.chosen = None
        self._log = log

    @override
    def plan_at(self, moment: Moment, learn: ConvLearner, step: StepSummary) -> Plan:
        entry = self._recalled("plan", step)
        if entry is not None:
            plan = Plan(**entry["plan"])
        else:
            before = step.note
            plan = self.budget.plan_at(moment, learn, step)
            self._note("plan", step.note[len(before) :], plan=asdict(plan))
        self.chosen = self.budget.chosen
        return plan

    @override
    def further_cycle(self, learn: ConvLearner, step: StepSummary) -> int:
        entry = self._recalled("cycle", step)
        if entry is not None:
            epochs = int(entry["epochs"])
        else:
            before = step.note
            epochs = self.budget.further_cycle(learn, step)
            self._note("cycle", step.note[len(before) :], epochs=epochs)
        self.chosen = self.budget.chosen
        return epochs

    @override
    def watch(self, step: StepSummary) -> Sequence[Callback]:
        return self.budget.watch(step)

    def _recalled(self, kind: Kind, step: StepSummary) -> Entry | None:
        entry = self._log.recall(kind)
        if entry is not None:
            self.budget.take_up(entry["budget"])
            step.note += entry["said"]
        return entry

    def _note(self, kind: Kind, said: str, **content: object) -> None:
        self._log.add(kind, said=said, budget=self.budget.state(), **content)
