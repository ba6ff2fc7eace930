"""From a time budget and measured speeds to a plan: arithmetic, and nothing else."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from unfreeze.errors import PlanError
from unfreeze.front.plan import Plan, Recipe
from unfreeze.numerics.durations import as_duration
from unfreeze.training.plan import early_epochs_of
from unfreeze.training.speeds import Speeds

__all__ = [
    "LIMIT",
    "MOST_EPOCHS",
    "MOST_HEAD_EPOCHS",
    "Prices",
    "Work",
    "further_epochs",
    "plan_after_head",
    "plan_before_measuring",
    "plan_before_sweep",
    "plan_before_whole",
    "plan_from_start",
    "prices_of",
    "seconds_after_head",
]

LIMIT = 1.05
"""Share of the budget that nothing may go beyond which can still be left out. A plan
fills the budget itself at most; whole epochs leave some of it."""

MOST_EPOCHS = 30
"""Of step 8, however large the budget. What is not learned by then will not be, and a
small set is known by heart."""

MOST_HEAD_EPOCHS = 10
"""Of step 4, where it is the last."""

_KEPT_SHARE = 2 / 3
"""Of the epochs of step 8 that would fit if nothing else were done. Steps 4 and 7 and
the augmented views may take the place of the others."""

_FEWEST_EPOCHS = 3
_FEWEST_STEPS = 75
"""Of step 8: three epochs, or fewer if they have so many steps. The first steps of the
whole network undo what the head has learned, and the later ones must make up for it: 2
epochs of 23 batches of digits ended 1.4 points below the head alone, 5 epochs 1.4
above."""

_SHORTEST_SWEEP = 25
"""Batches of a second search from which a rate can be read."""

_FIRST_SWEEPS = 300
"""Batches of step 2: three sweeps of 100 over stored activations."""

_CLOSING_SECONDS = 1.0
"""To read the best weights, load scikit-learn for what is taken for what, and write
files. Half of that on a quiet machine."""

_ROUND_SECONDS = 5
"""A budget that is proposed is a multiple of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a run has to get through."""

    num_train: int
    num_valid: int
    num_missing: tuple[int, int]
    """Training and validation photos whose activations are not stored yet."""

    num_unanswered: int
    """Validation photos whose activations in full precision are not stored yet."""

    batch_size: int

    early_share: float = 1.0
    """What a step of step 8 takes in the early epochs of a cycle, of a later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Seconds that each part of a run takes."""

    storing: float
    """Activations, in step 1."""

    head: float
    """Steps 2 and 3."""

    frozen_epoch: float
    """Of step 4."""

    batch: float
    """Of step 7."""

    whole_epoch: float
    """Of step 8, with its look at the validation photos: a late one of a cycle."""

    look: float
    """One plain pass over the validation photos, in training."""

    answer: float
    """One in full precision, as final answers are computed."""

    answer_of_head: float
    """What that adds where only the head learns: activations that were stored in full
    precision in step 1 need no backbone again."""

    view: float
    """One augmented pass over them, likewise."""

    batches_per_epoch: float
    """No price, but what makes an epoch of step 8 worth its own."""

    early_share: float = 1.0
    """No price either, but what steps of early epochs take of that of later ones."""

    @property
    def fewest_epochs(self) -> int:
        """Epochs of step 8 below which it does not pay."""
        return min(_FEWEST_EPOCHS, math.ceil(_FEWEST_STEPS / self.batches_per_epoch))

    @property
    def early_epoch(self) -> float:
        """Of step 8, on the smaller photos with which a cycle begins."""
        learning = self.batch * self.batches_per_epoch
        return self.whole_epoch - (1 - self.early_share) * learning

    def cycle(self, epochs: int) -> float:
        """Of so many epochs of step 8."""
        early = early_epochs_of(epochs)
        return early * self.early_epoch + (epochs - early) * self.whole_epoch

    def closing(self, recipe: Recipe) -> float:
        """To measure, and to write the results."""
        is_whole = recipe == "eight-steps"
        return _CLOSING_SECONDS + (self.answer if is_whole else self.answer_of_head)

    def with_saving(self, seconds: float) -> "Prices":
        """Add what an epoch takes besides its photos, which is mostly saving."""
        return replace(
            self,
            frozen_epoch=self.frozen_epoch + seconds,
            whole_epoch=self.whole_epoch + seconds,
        )

    def with_batch(self, seconds: float) -> "Prices":
        """Correct the price of a batch, and of the epochs of step 8 with it."""
        dearer = (seconds - self.batch) * self.batches_per_epoch
        return replace(self, batch=seconds, whole_epoch=self.whole_epoch + dearer)

    def with_whole_epoch(self, seconds: float) -> "Prices":
        """Correct the price of a late epoch of step 8, and of a batch with it."""
        share = seconds / self.whole_epoch
        return replace(self, batch=share * self.batch, whole_epoch=seconds)


def prices_of(work: Work, speeds: Speeds, head_epochs: int) -> Prices:
    """Price the parts of a run with so many photos, at such speeds.

    Args:
        work: How many photos there are.
        speeds: Seconds that a photo takes.
        head_epochs: Of step 3.
    """
    batch = min(work.batch_size, work.num_train)
    look = work.num_valid * speeds.store
    look_at_stored = work.num_valid * speeds.head
    head_epoch = work.num_train * speeds.head + look_at_stored
    augmenting = max(speeds.frozen - speeds.store, 0.0)
    missing_train, missing_valid = work.num_missing
    exactly = work.num_unanswered * speeds.answer - missing_valid * speeds.store
    return Prices(
        storing=(missing_train + missing_valid) * speeds.store,
        head=_FIRST_SWEEPS * batch * speeds.head + head_epochs * head_epoch,
        frozen_epoch=work.num_train * speeds.frozen + look_at_stored,
        batch=batch * speeds.whole,
        whole_epoch=work.num_train * speeds.whole + look,
        look=look,
        answer=work.num_valid * speeds.answer,
        answer_of_head=exactly,
        view=work.num_valid * (speeds.answer + augmenting),
        batches_per_epoch=work.num_train / batch,
        early_share=work.early_share,
    )


def plan_from_start(
    most: Plan, prices: Prices, *, budget: float, elapsed: float
) -> Plan:
    """Plan a run of which ``elapsed`` seconds are over, and nothing is stored yet.

    Raises:
        PlanError: If the budget is too small even for steps 1 to 3.
    """
    until_head = elapsed + prices.storing + prices.head
    least = until_head + prices.closing("quick")
    if least > budget:
        enough = math.ceil(1.1 * least / _ROUND_SECONDS) * _ROUND_SECONDS
        raise PlanError(
            f"The budget of {as_duration(budget)} is too small: to read the photos, "
            "store their activations and train a head on them takes about "
            f"{as_duration(math.ceil(least))} here. Allow {as_duration(enough)}, or "
            "take a smaller size or a smaller architecture."
        )
    return plan_after_head(most, prices, budget - until_head)


def plan_after_head(most: Plan, prices: Prices, seconds: float) -> Plan:
    """Plan what follows step 3, in the ``seconds`` that are left.

    However many there are, most of them go to step 8. Where too few epochs of it fit,
    a shorter recipe is left, of which step 3 is the least.
    """
    plan = None
    if most.recipe == "eight-steps":
        plan = _whole_network(most, prices, seconds - prices.closing("eight-steps"))
    left = seconds - prices.closing("head")
    if plan is None and most.recipe != "quick":
        plan = _head_alone(most, prices, left)
    return plan or _stored_alone(most)


def plan_before_sweep(plan: Plan, prices: Prices, seconds: float) -> Plan:
    """Leave out step 7 where no epoch would fit behind it."""
    needed = (
        plan.sweep_batches * prices.batch
        + prices.cycle(1)
        + prices.closing(plan.recipe)
    )
    return plan if needed <= seconds else replace(plan, sweep_batches=0)


def plan_before_whole(
    plan: Plan, prices: Prices, seconds: float, at_most: float
) -> Plan:
    """Plan the epochs of step 8 anew.

    Args:
        plan: All else.
        prices: As they are by now.
        seconds: What is left.
        at_most: What may be overdrawn to, for a single epoch; rather that than none.
    """
    beside = plan.num_views * prices.view + prices.closing(plan.recipe)
    epochs = _epochs_in(seconds - beside, prices)
    if not epochs:
        epochs = min(_epochs_in(at_most - prices.closing(plan.recipe), prices), 1)
    return replace(plan, epochs=epochs)


def further_epochs(plan: Plan, prices: Prices, price: float, seconds: float) -> int:
    """Say how many epochs the last training step may add.

    Args:
        plan: What has been done so far, and what comes behind it.
        prices: Of what comes behind it.
        price: Seconds that the longest of the latest epochs has taken; 0 where that
            is not known.
        seconds: What is left.

    Returns:
        Of step 8 if the plan has one, as one more cycle; else of step 4.
    """
    left = seconds - plan.num_views * prices.view - prices.closing(plan.recipe)
    further = sum(plan.further_cycles)
    if plan.recipe == "head":
        most = max(MOST_HEAD_EPOCHS - plan.frozen_epochs - further, 0)
        return _that_fit(left, price or prices.frozen_epoch, most)
    if price:
        prices = prices.with_whole_epoch(price)
    most = max(MOST_EPOCHS - (plan.epochs or 0) - further, 0)
    return min(_epochs_in(left, prices), most)


def plan_before_measuring(
    plan: Plan, num_views: int, prices: Prices, seconds: float, at_most: float
) -> Plan:
    """Decide on augmented views at last.

    Args:
        plan: May hold them already.
        num_views: As many, or none; the quick recipe has none.
        prices: As they are by now.
        seconds: What is left.
        at_most: What may be overdrawn to, for views that were planned.
    """
    if plan.recipe == "quick":
        return replace(plan, num_views=0)
    limit = at_most if plan.num_views else seconds
    needed = num_views * prices.view + prices.closing(plan.recipe)
    return replace(plan, num_views=num_views if needed <= limit else 0)


def seconds_after_head(plan: Plan, prices: Prices) -> float:
    """Time that everything behind step 3 takes, the final measuring included."""
    whole = prices.cycle(plan.epochs or 0)
    return _beside(plan, prices) + whole + prices.closing(plan.recipe)


def _whole_network(most: Plan, prices: Prices, left: float) -> Plan | None:
    kept = math.ceil(_KEPT_SHARE * _epochs_in(left, prices))
    fewest = max(kept, prices.fewest_epochs)
    for offer in _offers(most):
        epochs = _epochs_in(left - _beside(offer, prices), prices)
        if epochs >= fewest:
            plan = replace(offer, epochs=epochs)
            if offer == most:  # which options can repeat
                return plan
            spare = left - _beside(plan, prices) - prices.cycle(epochs)
            further = MOST_HEAD_EPOCHS - plan.frozen_epochs
            more = _that_fit(spare, prices.frozen_epoch, further)
            return replace(plan, frozen_epochs=plan.frozen_epochs + more)
    return None


def _offers(most: Plan) -> Iterator[Plan]:
    """What to do beside step 8, from everything to nothing."""
    yield most
    once = replace(most, frozen_epochs=min(1, most.frozen_epochs))
    yield once
    swept = replace(once, sweep_batches=min(_SHORTEST_SWEEP, most.sweep_batches))
    yield swept
    plain = replace(swept, num_views=0)
    yield plain
    unswept = replace(plain, sweep_batches=0)
    yield unswept
    yield replace(unswept, frozen_epochs=0)


def _beside(plan: Plan, prices: Prices) -> float:
    """Time that steps 4 and 7 and the augmented views take."""
    return (
        plan.frozen_epochs * prices.frozen_epoch
        + plan.sweep_batches * prices.batch
        + plan.num_views * prices.view
    )


def _head_alone(most: Plan, prices: Prices, left: float) -> Plan | None:
    def epochs_beside(num_views: int) -> int:
        seconds = left - num_views * prices.view
        return _that_fit(seconds, prices.frozen_epoch, MOST_HEAD_EPOCHS)

    fewest = math.ceil(_KEPT_SHARE * epochs_beside(0))
    for num_views in (most.num_views, 0):
        epochs = epochs_beside(num_views)
        if 0 < fewest <= epochs:
            return replace(
                most,
                recipe="head",
                frozen_epochs=epochs,
                sweep_batches=0,
                epochs=0,
                num_views=num_views,
            )
    return None


def _stored_alone(most: Plan) -> Plan:
    return replace(
        most,
        recipe="quick",
        frozen_epochs=0,
        sweep_batches=0,
        epochs=0,
        num_views=0,
    )


def _epochs_in(seconds: float, prices: Prices) -> int:
    """Of step 8, in one cycle."""
    fitting = (n for n in range(1, MOST_EPOCHS + 1) if prices.cycle(n) <= seconds)
    return max(fitting, default=0)


def _that_fit(seconds: float, each: float, most: int) -> int:
    return min(max(math.floor(seconds / each), 0), most)
