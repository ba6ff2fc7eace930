"""The eight steps of the notes, in the lesson's own calls."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from unfreeze.errors import DivergedError, PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.early_size import early_size_for
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.pacing import Moment, Pacing
from unfreeze.front.plan import Plan
from unfreeze.front.precompute import has_storable_views
from unfreeze.front.steps import NoteFit, StepClock
from unfreeze.front.summary import StepSummary
from unfreeze.models.archs import Arch
from unfreeze.numerics.suggest import Suggestion
from unfreeze.training.callbacks.stop_on_overfitting import StopOnOverfitting

__all__ = ["BEST", "follow", "layer_rates"]

BEST = "model"
"""Name under which the weights that are best on the validation photos are saved."""

_USUAL_RATE = 1e-2
"""The lesson's rate for a new head, where the finder cannot say."""

_SAFETY = 10.0
"""With momentum 0.9 a step is up to this many times its gradient times the rate."""

_MOST_LOWERED = 10.0
"""Times that the finder may lower the head's rate for the whole network."""

_MOST_CYCLES = 3
"""Of step 8, if the validation loss keeps falling: 1 + 2 + 4 epochs, as in 2018."""


def follow(
    arch: Arch | str,
    data: ImageClassifierData,
    clock: StepClock,
    pacing: Pacing,
    *,
    like_imagenet: bool = True,
    **words: Any,  # noqa: ANN401  # handed to ConvLearner.pretrained
) -> ConvLearner:
    """Train a classifier by the notes.

    Args:
        arch: The backbone.
        data: Photos, with augmentation in their transforms.
        clock: Times the steps and keeps what they brought.
        pacing: How far to go, and how long: ``AsPlanned`` with the ``usual_plan`` for
            all eight steps until over-fitting, or a ``Budget``.
        like_imagenet: Whether the photos are of the kind that the backbone knows.
            Then earlier layers get rates 10 times lower than the next, else 3 times,
            as the notes advise; and its batch norms keep their statistics, which a
            few hundred photos would only blur.
        **words: Everything else that ``ConvLearner.pretrained`` takes.

    Returns:
        The learner with the weights that were best on the validation photos, saved
        under the name ``model``.

    Raises:
        PlanError: If a setting is out of range, or a budget too small for anything.
    """
    with clock.step("Enable augmentation, store activations (precompute=True)") as step:
        learn = ConvLearner.pretrained(arch, data, **words)
        plan = pacing.plan_at(Moment.BEGINNING, learn, step)
        if plan.recipe != "eight-steps":  # the backbone never learns
            learn.measure_exactly()
        learn.precompute = True
        learn.store_activations()

    with clock.step("Find the highest rate at which the loss clearly improves") as step:
        lr = _chosen(learn.lr_find(), _USUAL_RATE, step)

    with clock.step("Train the last layers from stored activations") as step:
        learn.fit(
            lr,
            1,
            cycle_len=plan.head_epochs,
            best_save_name=BEST,
            callbacks=[NoteFit(step, clock.best, learn.metrics), *pacing.watch(step)],
        )
        learn.load(BEST)
        plan = pacing.plan_at(Moment.HEAD_TRAINED, learn, step)
    if plan.recipe == "quick":
        return learn

    with clock.step("Train the last layers with augmentation") as step:
        cycles, cycle_len = _show_augmented(learn, plan, step)
        note = NoteFit(step, clock.best, learn.metrics)
        while cycles:
            learn.fit(
                lr,
                cycles,
                cycle_len=cycle_len,
                best_save_name=BEST,
                callbacks=[note, *pacing.watch(step)],
            )
            is_last = plan.recipe == "head"
            cycles = pacing.further_cycle(learn, step) if is_last else 0
    if plan.recipe == "eight-steps":
        _train_all_layers(learn, lr, clock, pacing, like_imagenet)
    learn.load(BEST)
    return learn


def layer_rates(lr: float, ratio: float = 10.0, groups: int = 3) -> list[float]:
    """Rates for layer groups, those nearest the photo first, the head's last.

    The notes advise a ratio of 10 for photos like those of ImageNet, 3 for others.

    Example:
        >>> layer_rates(0.01, 10)
        [0.0001, 0.001, 0.01]

    Raises:
        PlanError: If the rate is no number from 0 on, the ratio none above 0, or there
            is no group.
    """
    _require_numbers(lr, ratio, groups)
    return [lr / ratio**distance for distance in reversed(range(groups))]


def _require_numbers(lr: float, ratio: float, groups: int) -> None:
    if not (isinstance(lr, Real) and 0 <= lr < math.inf):
        raise PlanError(f"The rate must be a finite number, 0 or more, got {lr!r}.")
    if not (isinstance(ratio, Real) and 0 < ratio < math.inf):
        raise PlanError(
            "The ratio between the rates of neighbouring groups must be a finite "
            f"number above 0, such as 10 or 3, got {ratio!r}."
        )
    if not (isinstance(groups, Integral) and groups >= 1):
        raise PlanError(f"There must be 1 layer group or more, got {groups!r}.")


def _show_augmented(
    learn: ConvLearner, plan: Plan, step: StepSummary
) -> tuple[int, int]:
    """Let the head see augmented photos; say in how many cycles of how many epochs.

    The backbone looks at each photo ``frozen_epochs`` times. Where that makes few steps
    for the head, it goes over what the backbone saw as often as in step 3.
    """
    looks = plan.frozen_epochs
    is_storable = has_storable_views(learn.data.augmentation)
    is_last = plan.recipe == "head"  # whose epochs are a person's to choose
    if 1 < looks < plan.head_epochs and is_storable and not is_last:
        learn.precompute = looks
        step.say(f"From stored activations of {looks} augmented views.")
        return 1, plan.head_epochs
    learn.precompute = False
    if not looks:
        step.say("Left out.")
    return looks, 1


def _train_all_layers(
    learn: ConvLearner,
    lr: float,
    clock: StepClock,
    pacing: Pacing,
    like_imagenet: bool,
) -> None:
    """Steps 5 to 8, with ``lr`` as the head's rate so far."""
    with clock.step("Unfreeze all layers"):
        learn.unfreeze()
        learn.bn_freeze(like_imagenet)

    with clock.step("Give earlier layers lower rates") as step:
        ratio = 10.0 if like_imagenet else 3.0
        step.lr = layer_rates(lr, ratio)
        step.note = f"each layer group {ratio:g} times lower than the next"

    with clock.step("Find the rate again, now for the whole network") as step:
        plan = pacing.plan_at(Moment.SWEEP_NEXT, learn, step)
        if plan.sweep_batches:
            found = learn.lr_find(
                layer_rates(1e-6, ratio), end_lr=1, num_it=plan.sweep_batches
            )
            lr = _lowered(lr, found, step)
            lr = _safe(lr, learn.sched.lrs, plan.sweep_batches, step)
        else:
            step.say("Left out. Going on with the rate of the head.")
        step.lr = layer_rates(lr, ratio)

    with clock.step("Train the whole network until it over-fits") as step:
        plan = pacing.plan_at(Moment.WHOLE_NEXT, learn, step)
        if plan.epochs != 0:
            note = NoteFit(step, clock.best, learn.metrics)
            rates = layer_rates(lr, ratio)
            _fit_whole(learn, rates, plan.epochs, pacing, (step, note))


def _fit_whole(
    learn: ConvLearner,
    rates: list[float],
    epochs: int | None,
    pacing: Pacing,
    noted: tuple[StepSummary, NoteFit],
) -> None:
    """Step 8 itself: one cycle of so many epochs and what the pacing adds, or more."""
    (step, note), overfitting = noted, StopOnOverfitting()
    early_size = early_size_for(learn)
    if early_size:
        step.say(f"Photos of {early_size} pixels in the early epochs of each cycle.")
    try:
        learn.fit(
            rates,
            1 if epochs else _MOST_CYCLES,
            cycle_len=epochs or 1,
            cycle_mult=2,
            best_save_name=BEST,
            early_size=early_size,
            callbacks=[note, overfitting, *pacing.watch(step)],
        )
        while further := pacing.further_cycle(learn, step):
            learn.fit(
                rates,
                1,
                cycle_len=further,
                best_save_name=BEST,
                early_size=early_size,
                callbacks=[note, *pacing.watch(step)],
            )
    except DivergedError as error:
        step.say(f"{error} The best weights so far are kept.")
    if overfitting.stopped_at is not None:
        cycle = overfitting.stopped_at + 1
        step.say(f"Stopped after cycle {cycle}: the validation loss had risen.")


def _chosen(found: Suggestion, otherwise: float, step: StepSummary) -> float:
    """Take the finder's rate, or say why another one is taken."""
    step.note = f"{found.verdict}: {found.reason}"
    if found.rate is None:
        step.note += f" Going on with {otherwise:.1e}."
    rate = otherwise if found.rate is None else found.rate
    step.lr = [rate]
    return rate


def _lowered(lr: float, found: Suggestion, step: StepSummary) -> float:
    """Let a sweep lower the rate at which the head has learned, for all layers.

    One noisy sweep may lower it by a decade at most, and not raise it. Where nothing is
    left to gain, little should change.
    """
    least = lr / _MOST_LOWERED
    otherwise = least if found.verdict == "nothing to gain" else lr
    return min(max(_chosen(found, otherwise, step), least), lr)


def _safe(
    lr: float, tried: Sequence[float], num_batches: int, step: StepSummary
) -> float:
    """Stay a decade below the rate at which the loss of a sweep exploded, if it did.

    What a sweep survives for one batch, momentum makes ten times as large in a fit.
    """
    has_exploded = 0 < len(tried) < num_batches
    if not has_exploded or lr <= tried[-1] / _SAFETY:
        return lr
    safe = tried[-1] / _SAFETY
    step.say(f"The loss explodes at {tried[-1]:.1e}, so at most {safe:.1e}.")
    return safe
