"""Mirrors src/unfreeze/front/pacing.py. The clock stands still unless it is moved."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from unfreeze.errors import PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.pacing import AsPlanned, Budget, Moment
from unfreeze.front.plan import Plan
from unfreeze.front.sched import Sched
from unfreeze.front.summary import StepSummary
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.schedules import constant
from unfreeze.training.callbacks.base import RunView
from unfreeze.training.history import EpochRow, History
from unfreeze.training.speeds import Speeds

MOST = Plan(head_epochs=5, frozen_epochs=2, sweep_batches=50, epochs=None, num_views=4)
SPEEDS = Speeds(answer=0.01, store=0.01, head=0.0001, frozen=0.02, whole=0.05)
# 1000 photos in batches of 50, and 200: storing 12, head 2.1, an epoch of step 4 20.02
# and of step 8 52, a batch 2.5, a view 4, closing 3 seconds.


@dataclass
class Machine:
    """A clock, and what a budget asks a learner for."""

    now: float = 0.0
    asked: list[tuple[float, bool]] = field(default_factory=list)
    times: list[float] = field(default_factory=lambda: [1.0])
    tried: int = 50
    size: int = 32
    exactly: bool | None = None
    """How the learner measures; None where that makes no difference."""

    @property
    def learn(self) -> ConvLearner:
        """A learner that was never built, with answers in the places of methods."""

        def measure_speeds(seconds: float, bn_frozen: bool) -> Speeds:
            self.asked.append((seconds, bn_frozen))
            return SPEEDS

        learn: Any = ConvLearner.__new__(ConvLearner)
        learn.measure_speeds = measure_speeds
        learn.num_missing_activations = lambda: (1000, 200)
        learn.num_missing_answers = lambda: 200
        learn.measures_as = lambda exactly: self.exactly in (None, exactly)
        train, valid = (SimpleNamespace(index=range(count)) for count in (1000, 200))
        learn._data = SimpleNamespace(train=train, valid=valid, bs=50, sz=self.size)
        learn.model = SimpleNamespace(can_read=lambda size: size == 160)
        learn._sched = Sched(past(self.times, self.tried))
        return learn

    def budget(self, seconds: float, most: Plan = MOST) -> Budget:
        return Budget(seconds, most, lambda: self.now)

    def ask(
        self, budget: Budget, moment: Moment, step: StepSummary | None = None
    ) -> Plan:
        return budget.plan_at(moment, self.learn, step or StepSummary("a step"))


def past(times: list[float], num_steps: int) -> History:
    """Epochs that took so long, and so many steps."""
    history = History()
    for epoch, seconds in enumerate(times):
        history.epochs.append(EpochRow(epoch, 0.5, 0.5, {}, seconds, 8))
    for _ in range(num_steps):
        history.add_step(0, (1e-3,), None, torch.tensor(0.5))
    return history


@pytest.fixture
def machine() -> Machine:
    return Machine()


def head_trained(machine: Machine, budget: Budget, at: float) -> Plan:
    """Go through steps 1 to 3, which end ``at`` this second."""
    machine.ask(budget, Moment.BEGINNING)
    budget.watch(StepSummary("step 3"))
    machine.now, machine.times = at, [at]
    return machine.ask(budget, Moment.HEAD_TRAINED)


# --- without a clock ---------------------------------------------------------------


@pytest.mark.parametrize("moment", Moment)
def test_a_plan_stays_what_it_is(machine: Machine, moment: Moment) -> None:
    pacing = AsPlanned(MOST)

    assert pacing.plan_at(moment, machine.learn, StepSummary("any")) is MOST
    assert pacing.chosen is None
    assert not pacing.watch(StepSummary("any"))


# --- the first plan ----------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "probe"), [(600, 10.0), (80, 8.0)])
def test_measuring_takes_a_tenth_or_ten_seconds(
    machine: Machine, seconds: float, probe: float
) -> None:
    machine.ask(machine.budget(seconds), Moment.BEGINNING)

    assert [each for each, _ in machine.asked] == [probe]


@pytest.mark.parametrize("like_imagenet", [True, False])
def test_batch_norms_are_measured_as_they_will_learn(
    machine: Machine, like_imagenet: bool
) -> None:
    budget = Budget(600, MOST, lambda: machine.now, like_imagenet=like_imagenet)

    machine.ask(budget, Moment.BEGINNING)

    assert machine.asked == [(10.0, like_imagenet)]


def test_the_first_plan_is_for_what_is_left(machine: Machine) -> None:
    """775 seconds less 10, 12, 2.1, and 3 at the end; 14 epochs without the rest."""
    machine.now = 10.0
    budget = machine.budget(775)
    step = StepSummary("step 1")

    plan = machine.ask(budget, Moment.BEGINNING, step)

    assert plan == replace(MOST, epochs=10)  # beside 40, 125 and 16 seconds
    assert budget.chosen == plan
    assert "Budget 12m55s." in step.note
    assert "100 to store, 50 while the head learns, 20 while all" in step.note
    assert "2 in step 4, 10 in step 8; 50 batches in step 7" in step.note
    assert "about 12m8s" in step.note  # 24.1 + 40.04 + 125 + 520 + 16 + 3


@pytest.mark.parametrize(("seconds", "answer"), [(70, 0.0), (775, 2.0)])
def test_short_recipes_have_their_answers_when_activations_are_stored(
    machine: Machine, seconds: float, answer: float
) -> None:
    budget = machine.budget(seconds)

    machine.ask(budget, Moment.BEGINNING)

    assert budget.state()["prices"]["answer_of_head"] == answer


def test_too_little_time_is_refused_at_once(machine: Machine) -> None:
    budget = machine.budget(15)

    with pytest.raises(PlanError, match="budget of 15s is too small"):
        machine.ask(budget, Moment.BEGINNING)
    assert budget.chosen is None


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_budget_is_a_time(machine: Machine, seconds: float) -> None:
    with pytest.raises(PlanError, match="a time above 0"):
        machine.budget(seconds)


# --- on the way --------------------------------------------------------------------


def test_time_saved_in_the_first_steps_goes_to_the_last() -> None:
    """775 seconds, less what is over, 3 at the end, and 181 of the rest."""
    machines = [Machine() for _ in range(3)]
    epochs = [
        head_trained(machine, machine.budget(775), at=at).epochs
        for machine, at in zip(machines, (4.0, 24.0, 100.0), strict=True)
    ]

    assert epochs == [(775 - at - 3 - 181.04) // 52 for at in (4, 24, 100)]
    assert epochs == [11, 10, 9]


def test_saving_counts_as_part_of_an_epoch(machine: Machine) -> None:
    """Two epochs of a second each took 12 seconds: 5 more for each."""
    budget = machine.budget(1000)
    machine.ask(budget, Moment.BEGINNING)
    budget.watch(StepSummary("step 3"))
    machine.now, machine.times = 12.0, [1.0, 1.0]

    plan = machine.ask(budget, Moment.HEAD_TRAINED)

    left = 1000 - 12 - 3 - 2 * 25.02 - 125 - 16
    assert plan.epochs == left // 57 == 13
    assert left // 52 == 15


def test_a_shorter_recipe_says_so(machine: Machine) -> None:
    budget = machine.budget(70)
    machine.ask(budget, Moment.BEGINNING)
    budget.watch(StepSummary("step 3"))
    machine.now, machine.times = 15.0, [15.0]
    step = StepSummary("step 3")

    plan = machine.ask(budget, Moment.HEAD_TRAINED, step)

    assert (plan.recipe, plan.frozen_epochs) == ("head", 2)
    assert step.note == "The budget has no room for steps 5 to 8."


def test_the_shortest_recipe_says_so(machine: Machine) -> None:
    step = StepSummary("step 3")
    budget = machine.budget(40)
    machine.ask(budget, Moment.BEGINNING)
    budget.watch(step)
    machine.now = 25.0

    plan = machine.ask(budget, Moment.HEAD_TRAINED, step)

    assert plan.recipe == "quick"
    assert "no room for steps 4 to 8" in step.note
    assert "--recipe quick trains the same" in step.note


@pytest.mark.parametrize("exactly", [True, False])
def test_no_option_trains_what_another_recipe_began(
    machine: Machine, exactly: bool
) -> None:
    """Epochs of step 3 are chosen by figures in the precision of their recipe."""
    machine.exactly = exactly
    step, budget = StepSummary("step 3"), machine.budget(40)
    machine.ask(budget, Moment.BEGINNING)
    budget.watch(step)
    machine.now = 25.0

    assert machine.ask(budget, Moment.HEAD_TRAINED, step).recipe == "quick"
    assert ("trains the same" in step.note) == exactly


def test_the_quick_recipe_has_no_views_however_much_time_is_left(
    machine: Machine,
) -> None:
    budget = machine.budget(1000, replace(MOST, recipe="quick", num_views=4))
    head_trained(machine, budget, at=24.0)

    assert machine.ask(budget, Moment.ALL_TRAINED).num_views == 0


def test_a_recipe_that_was_asked_for_is_no_news(machine: Machine) -> None:
    step = StepSummary("step 3")
    budget = machine.budget(4000, replace(MOST, recipe="quick"))
    machine.ask(budget, Moment.BEGINNING)

    plan = machine.ask(budget, Moment.HEAD_TRAINED, step)

    assert plan.recipe == "quick"
    assert "no room" not in step.note


def test_there_is_no_sweep_when_time_has_run_away(machine: Machine) -> None:
    budget = machine.budget(775)
    assert head_trained(machine, budget, at=20.0).sweep_batches == 50

    machine.now = 636.0  # 813 - 636 - 3 < 125 + 52

    assert machine.ask(budget, Moment.SWEEP_NEXT).sweep_batches == 0


@pytest.mark.parametrize(("seconds", "epochs"), [(125.0, 10), (62.5, 23), (250.0, 4)])
def test_the_sweep_shows_what_a_step_takes(
    machine: Machine, seconds: float, epochs: int
) -> None:
    """50 batches in so many seconds; an epoch is 20 of them, and 2 seconds."""
    budget = machine.budget(775)
    head_trained(machine, budget, at=24.0)
    machine.now = 64.0
    machine.ask(budget, Moment.SWEEP_NEXT)
    machine.now += seconds
    step = StepSummary("step 8")

    plan = machine.ask(budget, Moment.WHOLE_NEXT, step)

    left = 775 - 64.0 - seconds - 16 - 3
    assert plan.epochs == left // (20 * seconds / 50 + 2) == epochs
    assert step.note == f"Epochs that the budget has room for: {epochs}."


def test_without_a_sweep_the_probe_counts(machine: Machine) -> None:
    budget = machine.budget(211)
    plan = head_trained(machine, budget, at=20.0)
    assert (plan.frozen_epochs, plan.sweep_batches, plan.epochs) == (1, 0, 3)
    machine.now = 60.0
    step = StepSummary("step 8")

    machine.ask(budget, Moment.SWEEP_NEXT)
    plan = machine.ask(budget, Moment.WHOLE_NEXT, step)

    assert plan.epochs == (211 - 60 - 3) // 52 == 2
    assert step.note == "Epochs that the budget has room for: 2."


def test_a_sweep_that_tried_nothing_shows_nothing(machine: Machine) -> None:
    budget = machine.budget(775)
    head_trained(machine, budget, at=24.0)
    machine.ask(budget, Moment.SWEEP_NEXT)
    machine.now, machine.tried = 100.0, 0

    assert machine.ask(budget, Moment.WHOLE_NEXT).epochs == (775 - 100 - 19) // 52


def test_step_8_may_be_left_out_at_the_last_moment(machine: Machine) -> None:
    budget = machine.budget(211)
    head_trained(machine, budget, at=20.0)
    machine.now = 200.0
    step = StepSummary("step 8")

    assert machine.ask(budget, Moment.WHOLE_NEXT, step).epochs == 0
    assert step.note == "The budget has no room for it any more."


def whole_trained(machine: Machine, budget: Budget, seconds_each: float) -> int:
    """Go through step 8, whose epochs take so long; say how many there are."""
    epochs = machine.ask(budget, Moment.WHOLE_NEXT).epochs
    assert epochs
    budget.watch(StepSummary("step 8"))
    machine.now += epochs * seconds_each
    machine.times = [seconds_each] * epochs
    return epochs


def test_time_that_is_left_over_goes_to_further_cycles(machine: Machine) -> None:
    """An epoch takes 30 seconds, where 52 were planned."""
    budget = machine.budget(775)
    head_trained(machine, budget, at=24.0)
    machine.now, machine.tried = 189.0, 0
    step = StepSummary("step 8")

    first = whole_trained(machine, budget, 30.0)
    further = budget.further_cycle(machine.learn, step)

    assert first == (775 - 189 - 16 - 3) // 52 == 10
    assert further == (775 - 189 - 10 * 30 - 16 - 3) // 30 == 8
    assert budget.chosen is not None
    assert budget.chosen.further_cycles == (8,)
    assert step.note == "There is time for 8 more."


def test_step_8_ends_where_no_epoch_fits_any_more(machine: Machine) -> None:
    budget = machine.budget(775)
    head_trained(machine, budget, at=24.0)
    machine.now, machine.tried = 189.0, 0
    step = StepSummary("step 8")

    epochs = whole_trained(machine, budget, 54.0)

    assert budget.further_cycle(machine.learn, step) == 0
    assert step.note == f"Without a budget, --epochs {epochs} trains the same."


def test_step_4_goes_on_where_it_is_the_last(machine: Machine) -> None:
    """Two epochs of 20 seconds were planned, and take 10."""
    budget = machine.budget(80)
    plan = head_trained(machine, budget, at=15.0)
    assert (plan.recipe, plan.frozen_epochs) == ("head", 2)
    step = StepSummary("step 4")
    budget.watch(step)
    machine.now, machine.times = 35.0, [10.0, 9.0]

    first = budget.further_cycle(machine.learn, step)
    budget.watch(step)
    machine.now, machine.times = 56.0, [10.0, 10.0]
    second = budget.further_cycle(machine.learn, step)

    assert first == (80 - 35 - 16 - 3) // 10.5 == 2
    assert second == 0
    assert step.note == "There is time for 2 more."  # no option does that at once


def test_step_4_without_further_epochs_can_be_repeated(machine: Machine) -> None:
    budget = machine.budget(70)
    head_trained(machine, budget, at=15.0)
    step = StepSummary("step 4")
    budget.watch(step)
    machine.now, machine.times = 55.0, [20.0, 20.0]

    assert budget.further_cycle(machine.learn, step) == 0
    assert step.note == "Without a budget, --recipe head --epochs 2 trains the same."


def test_early_epochs_on_smaller_photos_are_priced_as_such() -> None:
    """160 pixels of 224: half of the work in two thirds of the epochs."""
    usual, early = Machine(), Machine(size=224)

    epochs = [
        each.ask(each.budget(775), Moment.BEGINNING).epochs or 0
        for each in (usual, early)
    ]

    assert epochs == [11, 15]


def test_there_are_no_further_cycles_behind_none(machine: Machine) -> None:
    budget = machine.budget(211)
    head_trained(machine, budget, at=20.0)
    machine.now = 200.0
    machine.ask(budget, Moment.WHOLE_NEXT)

    assert budget.further_cycle(machine.learn, StepSummary("step 8")) == 0


def test_a_plan_brings_its_further_cycles(machine: Machine) -> None:
    pacing = AsPlanned(replace(MOST, further_cycles=(3, 1)))

    cycles = [pacing.further_cycle(machine.learn, StepSummary("any")) for _ in "123"]

    assert cycles == [3, 1, 0]


@pytest.mark.parametrize(("now", "views"), [(505.9, 4), (506.1, 0)])
def test_views_are_left_out_at_the_last_moment(
    machine: Machine, now: float, views: int
) -> None:
    """At most 525 seconds, of which 16 and 3 are still to come."""
    budget = machine.budget(500)
    head_trained(machine, budget, at=24.0)

    machine.now = now

    assert machine.ask(budget, Moment.ALL_TRAINED).num_views == views
    assert budget.chosen is not None
    assert budget.chosen.num_views == views


# --- the net below -----------------------------------------------------------------


@pytest.mark.parametrize(("now", "stops"), [(519.9, False), (520.1, True)])
def test_a_fit_stops_in_time_for_the_final_measuring(
    machine: Machine, now: float, stops: bool
) -> None:
    """At most 525 seconds: 2 for the last look of the fit, 3 to close."""
    budget = machine.budget(500)
    machine.ask(budget, Moment.BEGINNING)
    step = StepSummary("step 8")
    (watcher,) = budget.watch(step)
    machine.now = now
    view = RunView(
        model=StagedClassifier.__new__(StagedClassifier),
        history=past([], 25),
        schedule=constant(10, 4),
        epochs=4,
        steps_per_epoch=10,
    )

    assert bool(watcher.on_batch_end(view)) is stops
    assert ("The time was up after 2.5 of 4 epochs" in step.note) is stops


@pytest.mark.parametrize("is_resumed", [False, True])
def test_no_option_repeats_what_the_clock_has_cut_short(
    machine: Machine, is_resumed: bool
) -> None:
    budget = machine.budget(775)
    head_trained(machine, budget, at=24.0)
    machine.now, machine.tried = 189.0, 0
    step = StepSummary("step 8")
    machine.ask(budget, Moment.WHOLE_NEXT)
    (watcher,) = budget.watch(step)
    machine.now = 839.0
    view = RunView(
        model=StagedClassifier.__new__(StagedClassifier),
        history=past([], 25),
        schedule=constant(10, 10),
        epochs=10,
        steps_per_epoch=10,
    )

    assert watcher.on_batch_end(view)
    if is_resumed:
        state, budget = budget.state(), machine.budget(775)
        budget.take_up(state)

    assert budget.further_cycle(machine.learn, step) == 0
    assert "The time was up" in step.note
    assert "does the same" not in step.note
