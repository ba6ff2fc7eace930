"""Mirrors src/unfreeze/runs/run_diary.py. See test_resuming.py, too."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from unfreeze.front.pacing import Budget
from unfreeze.front.steps import StepClock
from unfreeze.models.classifier import StagedClassifier
from unfreeze.runs.past_rows import PastRows
from unfreeze.runs.run_diary import Keeping, RunDiary
from unfreeze.runs.run_log import RunLog
from unfreeze.training.boundary import Boundary
from unfreeze.training.lr_find import RateSearch


class _Machine:
    """A clock that moves when a state is written, and when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, keeping: Keeping) -> None:
        self.now = 100.0
        self.written: list[tuple[float, bool]] = []
        self.log = RunLog()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        clock = StepClock(lambda line: None, 0.0)
        with clock.step("a step"):
            self.diary = RunDiary(
                self.log,
                PastRows(),
                {},
                clock=clock,
                budget=None,
                keeping=keeping,
                write=self.write,
                go_back=lambda: None,
            )

    def write(self, tensors: object, is_end: bool) -> None:
        del tensors
        self.written.append((self.now, is_end))
        assert self.log.entries[-1]["is_over"] == is_end
        self.now += 0.5

    def at(self, now: float, **facts: Any) -> None:  # noqa: ANN401
        """Offer a boundary so many seconds after the beginning."""
        usual = {
            "is_over": False,
            "is_within_epoch": False,
            "seconds": 0.0,
            "tensors": dict,
            "is_sound": lambda: True,
        }
        self.now = 100.0 + now
        self.diary.keep(cast("Boundary", SimpleNamespace(**usual | facts)))


def test_epochs_are_kept_for_a_hundredth_of_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A state takes half a second here, so 50 seconds lie between two."""
    machine = _Machine(monkeypatch, Keeping())

    for seconds in range(0, 200, 10):
        machine.at(seconds)

    assert [now - 100 for now, _ in machine.written] == [0, 60, 120, 180]


def test_the_end_of_a_fit_is_always_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = _Machine(monkeypatch, Keeping())

    machine.at(0)
    machine.at(1)
    machine.at(2, is_over=True)

    assert machine.written == [(100.0, False), (102.0, True)]


def test_only_the_end_of_a_fit_stays_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = _Machine(monkeypatch, Keeping())

    machine.at(0)
    assert machine.log.entries == []
    machine.at(9, is_over=True)

    assert [each["is_over"] for each in machine.log.entries] == [True]


def test_within_an_epoch_minutes_lie_between_two_states(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = _Machine(monkeypatch, Keeping(minutes=2.0))

    for seconds in range(0, 300, 10):
        machine.at(seconds, is_within_epoch=True)

    assert [now - 100 for now, _ in machine.written] == [120, 250]


def test_a_loss_that_is_no_number_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = _Machine(monkeypatch, Keeping())

    machine.at(0, is_sound=lambda: False)

    assert machine.written == []


def test_what_a_search_took_is_known_to_who_goes_on() -> None:
    """Else the epochs behind it would be planned as if it had taken no time."""
    taken_up: list[object] = []
    state = {"seconds_since_mark": 100.0}
    budget = cast(
        "Budget", SimpleNamespace(state=lambda: state, take_up=taken_up.append)
    )
    model = cast(
        "StagedClassifier", SimpleNamespace(is_backbone_frozen=True, state_dict=dict)
    )
    search = cast("RateSearch", "a search")

    def diary(log: RunLog, rows: PastRows) -> RunDiary:
        return RunDiary(
            log,
            rows,
            {},
            clock=StepClock(lambda line: None, 0.0),
            budget=budget,
            keeping=Keeping(),
            write=lambda tensors, is_end: None,
            go_back=None,
        )

    log = RunLog()
    diary(log, PastRows()).note_search(model)
    going_on = diary(RunLog([*log.entries, {"kind": "fit"}]), PastRows([search]))

    assert going_on.past_search(model) == "a search"
    assert taken_up == [state]
