"""The eight steps of the notes, in the lesson's own calls."""

import math
from typing import Any, Literal, TypeAlias, get_args

from unfreeze.errors import DivergedError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.steps import NoteFit, StepClock
from unfreeze.front.summary import StepSummary
from unfreeze.models.archs import Arch
from unfreeze.numerics.suggest import Suggestion
from unfreeze.training.callbacks.stop_on_overfitting import StopOnOverfitting

__all__ = ["BEST", "RECIPES", "Recipe", "follow", "layer_rates"]

Recipe: TypeAlias = Literal["eight-steps", "head", "quick"]
RECIPES: tuple[Recipe, ...] = get_args(Recipe)
"""``eight-steps``: all of them. ``head``: 1 to 4, the backbone stays as it is.
``quick``: 1 to 3, from stored activations alone."""

BEST = "model"
"""Name under which the weights that are best on the validation photos are saved."""

_USUAL_RATE = 1e-2
"""The lesson's rate for a new head, where the finder cannot say."""

_HEAD_STEPS = 300
"""Optimizer steps of step 3, about. The lesson's 1 to 2 epochs of 23,000 photos were
360 to 720; smaller sets get more epochs, which cost next to nothing there."""

_FINDER_STEPS = (25, 100)
"""Batches of the second search, at least and at most; two epochs if between."""

_MOST_CYCLES = 3
"""Of step 8, if the validation loss keeps falling: 1 + 2 + 4 epochs, as in 2018."""


def follow(
    arch: Arch | str,
    data: ImageClassifierData,
    clock: StepClock,
    *,
    recipe: Recipe = "eight-steps",
    epochs: int | None = None,
    like_imagenet: bool = True,
    **words: Any,  # noqa: ANN401  # handed to ConvLearner.pretrained
) -> ConvLearner:
    """Train a classifier by the notes.

    Args:
        arch: The backbone.
        data: Photos, with augmentation in their transforms.
        clock: Times the steps and keeps what they brought.
        recipe: How far to go.
        epochs: Of the last training step, in one cycle. Without it, two epochs where
            only the head learns, and cycles of 1, 2 and 4 epochs of the whole network
            until it over-fits.
        like_imagenet: Whether the photos are of the kind that the backbone knows.
            Then earlier layers get rates 10 times lower than the next, else 3 times,
            as the notes advise; and its batch norms keep their statistics, which a
            few hundred photos would only blur.
        **words: Everything else that ``ConvLearner.pretrained`` takes.

    Returns:
        The learner with the weights that were best on the validation photos, saved
        under the name ``model``.
    """
    with clock.step("Enable augmentation, store activations (precompute=True)"):
        learn = ConvLearner.pretrained(arch, data, precompute=True, **words)

    with clock.step("Find the highest rate at which the loss clearly improves") as step:
        lr = _chosen(learn.lr_find(), _USUAL_RATE, step)

    with clock.step("Train the last layers from stored activations") as step:
        num_epochs = epochs if recipe == "quick" and epochs else _head_epochs(data)
        learn.fit(
            lr,
            1,
            cycle_len=num_epochs,
            best_save_name=BEST,
            callbacks=[NoteFit(step)],
        )
        learn.load(BEST)
    if recipe == "quick":
        return learn

    with clock.step("Train the last layers with augmentation") as step:
        learn.precompute = False
        num_epochs = epochs if recipe == "head" and epochs else 2
        learn.fit(
            lr, num_epochs, cycle_len=1, best_save_name=BEST, callbacks=[NoteFit(step)]
        )
    if recipe == "head":
        return _at_its_best(learn)

    with clock.step("Unfreeze all layers"):
        learn.unfreeze()
        learn.bn_freeze(like_imagenet)

    with clock.step("Give earlier layers lower rates") as step:
        ratio = 10.0 if like_imagenet else 3.0
        step.lr = layer_rates(lr, ratio)
        step.note = f"each layer group {ratio:g} times lower than the next"

    with clock.step("Find the rate again, now for the whole network") as step:
        found = learn.lr_find(
            layer_rates(1e-6, ratio), end_lr=1, num_it=_finder_steps(data)
        )
        # The head has learned at its first rate. One noisy sweep may lower that for
        # the whole network, by a decade at most, and not raise it.
        lr = min(max(_chosen(found, lr, step), lr / 10), lr)
        step.lr = layer_rates(lr, ratio)

    with clock.step("Train the whole network until it over-fits") as step:
        overfitting = StopOnOverfitting()
        try:
            learn.fit(
                layer_rates(lr, ratio),
                1 if epochs else _MOST_CYCLES,
                cycle_len=epochs or 1,
                cycle_mult=2,
                best_save_name=BEST,
                callbacks=[NoteFit(step), overfitting],
            )
        except DivergedError as error:
            step.note = f"{error} The best weights so far are kept."
        if overfitting.stopped_at is not None:
            step.note = f"over-fitting shows after cycle {overfitting.stopped_at + 1}"
        return _at_its_best(learn)


def layer_rates(lr: float, ratio: float = 10.0, groups: int = 3) -> list[float]:
    """Rates for layer groups, those nearest the photo first, the head's last.

    The notes advise a ratio of 10 for photos like those of ImageNet, 3 for others.

    Example:
        >>> layer_rates(0.01, 10)
        [0.0001, 0.001, 0.01]
    """
    return [lr / ratio**distance for distance in reversed(range(groups))]


def _chosen(found: Suggestion, otherwise: float, step: StepSummary) -> float:
    """Take the finder's rate, or say why another one is taken."""
    step.note = f"{found.verdict}: {found.reason}"
    if found.rate is None:
        step.note += f" Going on with {otherwise:.1e}."
    rate = otherwise if found.rate is None else found.rate
    step.lr = [rate]
    return rate


def _head_epochs(data: ImageClassifierData) -> int:
    steps = math.ceil(len(data.train.index) / data.bs)
    return min(max(2, math.ceil(_HEAD_STEPS / steps)), 50)


def _finder_steps(data: ImageClassifierData) -> int:
    least, most = _FINDER_STEPS
    two_epochs = 2 * math.ceil(len(data.train.index) / data.bs)
    return min(max(two_epochs, least), most)


def _at_its_best(learn: ConvLearner) -> ConvLearner:
    learn.load(BEST)
    return learn
