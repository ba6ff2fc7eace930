"""What decides how long the steps of a recipe train: a plan, or the clock."""

import abc
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from enum import Enum, auto
from typing import Any, assert_never, final

from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.front.budget import (
    LIMIT,
    Prices,
    Work,
    further_epochs,
    plan_after_head,
    plan_before_measuring,
    plan_before_sweep,
    plan_before_whole,
    plan_from_start,
    prices_of,
    seconds_after_head,
)
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.early_size import early_size_for
from unfreeze.front.plan import Plan, in_words, options_of
from unfreeze.front.summary import StepSummary
from unfreeze.numerics.durations import as_duration
from unfreeze.training.callbacks.base import Callback, RunView
from unfreeze.training.callbacks.stop_at_deadline import StopAtDeadline

__all__ = ["AsPlanned", "Budget", "Moment", "Pacing"]

_SHARE_OF_PROBE = 0.1
_LONGEST_PROBE = 10.0
"""Measuring takes a tenth of the budget, and ten seconds at most."""


class Moment(Enum):
    """When the recipe asks for its plan."""

    BEGINNING = auto()
    """In step 1, before activations are stored."""

    HEAD_TRAINED = auto()
    """At the end of step 3, whose fit is the last thing that the learner did."""

    SWEEP_NEXT = auto()
    """At the beginning of step 7."""

    WHOLE_NEXT = auto()
    """At the beginning of step 8; a sweep was the last thing, if there was one."""

    ALL_TRAINED = auto()
    """Before the final measuring."""


class Pacing(abc.ABC):
    """Where a recipe gets its plan from."""

    chosen: Plan | None
    """What the clock has chosen so far; None where it chooses nothing."""

    @abc.abstractmethod
    def plan_at(self, moment: Moment, learn: ConvLearner, step: StepSummary) -> Plan:
        """What to do from now on. ``step`` is the running one, for notes."""

    @abc.abstractmethod
    def further_cycle(self, learn: ConvLearner, step: StepSummary) -> int:
        """Epochs to add to the last training step, whose latest fit has just ended.

        That is step 8, or step 4 in the recipe that ends with it. 0 ends the step.
        """

    @abc.abstractmethod
    def watch(self, step: StepSummary) -> Sequence[Callback]:
        """What watches over the fit of a step that is about to begin."""


@final
class AsPlanned(Pacing):
    """Do what one plan says, however long it takes."""

    def __init__(self, plan: Plan) -> None:
        self.chosen = None
        self._plan = plan
        self._further = iter(plan.further_cycles)

    @override
    def plan_at(self, moment: Moment, learn: ConvLearner, step: StepSummary) -> Plan:
        return self._plan

    @override
    def further_cycle(self, learn: ConvLearner, step: StepSummary) -> int:
        return next(self._further, 0)

    @override
    def watch(self, step: StepSummary) -> Sequence[Callback]:
        return ()


@final
class Budget(Pacing):
    """Get the most out of a given time.

    A plan is drawn up from speeds that are measured on the photos and the model
    themselves, and again from the time that is really left: after step 3, before step
    7 and before step 8. So the machine decides, and another run may get another plan;
    ``AsPlanned(budget.chosen)`` repeats this one.

    Args:
        seconds: For the whole run, from its start to its last file.
        most: The longest plan to think of, except for epochs on photos, which are what
            is chosen.
        elapsed: Tells the seconds since the run began.
        like_imagenet: As ``follow`` is told. Step 8 is less work for such photos, since
            batch norms keep their statistics.

    Raises:
        PlanError: If ``seconds`` is not a finite time above 0.
    """

    def __init__(
        self,
        seconds: float,
        most: Plan,
        elapsed: Callable[[], float],
        *,
        like_imagenet: bool = True,
    ) -> None:
        if not 0 < seconds < math.inf:
            raise PlanError(f"A budget is a time above 0, got {seconds:g} seconds.")
        self.chosen = None
        self._seconds = seconds
        self._most = most
        self._elapsed = elapsed
        self._like_imagenet = like_imagenet
        self._prices: Prices
        self._marked = 0.0
        """When the latest fit or sweep began."""

        self._is_cut_short = False
        """Whether the time was up before a fit was at its end."""

    @override
    def plan_at(self, moment: Moment, learn: ConvLearner, step: StepSummary) -> Plan:
        plan = self.chosen or self._first_plan(learn, step)
        match moment:
            case Moment.BEGINNING:
                pass  # the first plan is there
            case Moment.HEAD_TRAINED:
                plan = self._plan_after_head(learn, step)
            case Moment.SWEEP_NEXT:
                plan = plan_before_sweep(plan, self._prices, self._left(LIMIT))
                self._marked = self._elapsed()
            case Moment.WHOLE_NEXT:
                plan = self._plan_before_whole(plan, learn, step)
            case Moment.ALL_TRAINED:
                plan = plan_before_measuring(
                    plan,
                    self._most.num_views,
                    self._prices,
                    self._left(),
                    self._left(LIMIT),
                )
            case _:
                assert_never(moment)
        self.chosen = plan
        return plan

    @override
    def further_cycle(self, learn: ConvLearner, step: StepSummary) -> int:
        plan = self.chosen
        if plan is None or not (plan.epochs or plan.recipe == "head"):
            return 0
        times = learn.sched.times
        beside = self._elapsed() - self._marked - sum(times)
        # The longest: early epochs, on smaller photos, take less.
        price = max(times) + beside / len(times)
        epochs = further_epochs(plan, self._prices, price, self._left())
        if epochs:
            self.chosen = replace(plan, further_cycles=(*plan.further_cycles, epochs))
            step.say(f"There is time for {epochs} more.")
        else:
            step.say(self._repeating(plan, learn))
        return epochs

    def state(self) -> dict[str, Any]:
        """What it goes by, for JSON: the plan so far, prices and a time."""
        return {
            "plan": None if self.chosen is None else asdict(self.chosen),
            "prices": asdict(self._prices),
            "seconds_since_mark": self._elapsed() - self._marked,
            "is_cut_short": self._is_cut_short,
        }

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Go by what ``state`` gave in an earlier process."""
        self.chosen = None if state["plan"] is None else Plan(**state["plan"])
        self._prices = Prices(**state["prices"])
        # As if the break, and all that starting again takes, had not been.
        self._marked = self._elapsed() - state["seconds_since_mark"]
        self._is_cut_short = state["is_cut_short"]

    @override
    def watch(self, step: StepSummary) -> Sequence[Callback]:
        self._marked = self._elapsed()
        prices, plan = self._prices, self.chosen or self._most

        def say(run: RunView) -> None:
            self._is_cut_short = True
            done = len(run.history) / run.steps_per_epoch
            step.say(
                f"The time was up after {done:.1f} of {run.epochs} epochs: the machine "
                "has become slower. The best weights so far are kept."
            )

        return [
            StopAtDeadline(
                lambda: self._left(LIMIT) - prices.closing(plan.recipe),
                prices.look,
                say,
            )
        ]

    def _left(self, share: float = 1.0) -> float:
        """Seconds until the budget, or a share of it, is used up."""
        return share * self._seconds - self._elapsed()

    def _first_plan(self, learn: ConvLearner, step: StepSummary) -> Plan:
        probe = min(_SHARE_OF_PROBE * self._seconds, _LONGEST_PROBE)
        speeds = learn.measure_speeds(probe, bn_frozen=self._like_imagenet)
        data, early_size = learn.data, early_size_for(learn)
        work = Work(
            num_train=len(data.train.index),
            num_valid=len(data.valid.index),
            num_missing=learn.num_missing_activations(),
            num_unanswered=learn.num_missing_answers(),
            batch_size=data.bs,
            early_share=(early_size / data.sz) ** 2 if early_size else 1.0,
        )
        prices = prices_of(work, speeds, self._most.head_epochs)
        elapsed = self._elapsed()
        plan = plan_from_start(
            self._most, prices, budget=self._seconds, elapsed=elapsed
        )
        is_short = plan.recipe != "eight-steps"  # and answers are stored, too
        rest = 0.0 if is_short else prices.answer
        self._prices = replace(prices, answer_of_head=rest)
        total = (
            elapsed + prices.storing + prices.head + seconds_after_head(plan, prices)
        )
        step.say(
            f"Budget {as_duration(self._seconds)}. Photos a second on this machine: "
            f"{1 / speeds.store:.0f} to store, {1 / speeds.frozen:.0f} while the "
            f"head learns, {1 / speeds.whole:.0f} while all layers learn. Plan: "
            f"{in_words(plan)}; about {as_duration(total)}."
        )
        return plan

    def _plan_after_head(self, learn: ConvLearner, step: StepSummary) -> Plan:
        times = learn.sched.times
        beside = self._elapsed() - self._marked - sum(times)
        self._prices = self._prices.with_saving(max(beside, 0.0) / len(times))
        plan = plan_after_head(self._most, self._prices, self._left())
        if plan.recipe != self._most.recipe:
            first = 5 if plan.recipe == "head" else 4
            step.say(f"The budget has no room for steps {first} to 8.")
        if plan.recipe == "quick":
            step.say(self._repeating(plan, learn))
        return plan

    def _plan_before_whole(
        self, plan: Plan, learn: ConvLearner, step: StepSummary
    ) -> Plan:
        tried = len(learn.sched.lrs) if plan.sweep_batches else 0
        if tried:
            seconds = (self._elapsed() - self._marked) / tried
            self._prices = self._prices.with_batch(seconds)
        plan = plan_before_whole(plan, self._prices, self._left(), self._left(LIMIT))
        step.say(
            f"Epochs that the budget has room for: {plan.epochs}."
            if plan.epochs
            else "The budget has no room for it any more."
        )
        if not plan.epochs:
            step.say(self._repeating(plan, learn))
        return plan

    def _repeating(self, plan: Plan, learn: ConvLearner) -> str:
        options = options_of(plan, self._most)
        # A recipe that was left for another one has chosen epochs by other figures.
        is_same = learn.measures_as(exactly=plan.recipe != "eight-steps")
        if options is None or self._is_cut_short or not is_same:
            return ""
        return f"Without a budget, {options} trains the same."
