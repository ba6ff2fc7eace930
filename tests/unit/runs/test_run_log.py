"""Mirrors src/unfreeze/runs/run_log.py."""

import json
from typing import Any, cast

import pytest

from unfreeze.errors import DataError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.pacing import Budget, Moment
from unfreeze.front.plan import Plan
from unfreeze.front.summary import StepSummary
from unfreeze.runs.run_log import LoggedBudget, RunLog
from unfreeze.training.speeds import Speeds

MOST = Plan(head_epochs=4, frozen_epochs=2, sweep_batches=25, epochs=None, num_views=4)


class _Learner:
    """Says how fast it is, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.data = type("Data", (), {"bs": 8, "sz": 32})()
        photos = type("Split", (), {"index": range(100)})()
        self.data.train = self.data.valid = photos
        self.sched = type("Sched", (), {"times": [1.0]})()

    def measure_speeds(self, seconds: float, bn_frozen: bool) -> Speeds:
        del seconds, bn_frozen
        self.asked += 1
        return Speeds(answer=1e-3, store=1e-3, head=1e-5, frozen=1e-3, whole=1e-2)

    def num_missing_activations(self) -> tuple[int, int]:
        return 100, 0

    def num_missing_answers(self) -> int:
        return 0

    def measures_as(self, *, exactly: bool) -> bool:
        return not exactly


def test_entries_come_in_their_order_and_then_no_more() -> None:
    log = RunLog([{"kind": "search"}, {"kind": "fit", "is_over": True}])

    assert log.is_recalling
    assert log.recall("search") == {"kind": "search"}
    assert log.is_recalling
    assert log.recall("fit") == {"kind": "fit", "is_over": True}
    assert not log.is_recalling
    assert log.recall("fit") is None
    log.add("search")
    assert [each["kind"] for each in log.entries] == ["search", "fit", "search"]


def test_a_run_that_took_other_steps_is_refused() -> None:
    log = RunLog([{"kind": "search"}])

    with pytest.raises(DataError, match="has noted a search where a fit"):
        log.recall("fit")


def test_a_budget_decides_once() -> None:
    """Going on, it does not measure, and gives the same plans and notes."""
    learner = _Learner()
    learn = cast("ConvLearner", learner)

    def decide(log: RunLog, seconds: float) -> tuple[Any, ...]:
        budget = LoggedBudget(Budget(60, MOST, lambda: seconds), log)
        step = StepSummary("a step", note="It began.")
        plans = [
            budget.plan_at(moment, learn, step)
            for moment in (Moment.BEGINNING, Moment.SWEEP_NEXT)
        ]
        more = budget.further_cycle(learn, step)
        return plans, more, step.note, budget.chosen, budget.budget.state()

    log = RunLog()
    first = decide(log, 1.0)
    kept = json.loads(json.dumps(log.entries))
    again = RunLog(kept)
    second = decide(again, 50.0)

    assert learner.asked == 1
    assert second == first
    assert again.entries == kept
    assert "Budget 1m" in first[2]
