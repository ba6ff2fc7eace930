"""What a run of the recipe does in each of its steps."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never, get_args

from unfreeze.errors import PlanError

__all__ = [
    "RECIPES",
    "Plan",
    "Recipe",
    "in_words",
    "options_of",
    "require_recipe",
    "usual_plan",
]

Recipe: TypeAlias = Literal["eight-steps", "head", "quick"]
RECIPES: tuple[Recipe, ...] = get_args(Recipe)
"""``eight-steps``: all of them. ``head``: 1 to 4, the backbone stays as it is.
``quick``: 1 to 3, from stored activations alone."""

_HEAD_STEPS = 300
"""Optimizer steps of step 3, about. The lesson's 1 to 2 epochs of 23,000 photos were
360 to 720; smaller sets get more epochs, which cost next to nothing there."""

_SWEEP_BATCHES = (25, 100)
"""Of the second search, at least and at most; two epochs if between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How far a run goes, and how long each of its steps trains."""

    recipe: Recipe = "eight-steps"
    head_epochs: int
    """Of step 3, from stored activations."""

    frozen_epochs: int
    """Of step 4, with augmentation; 0 leaves it out."""

    sweep_batches: int
    """Of step 7, the second search for a rate; 0 leaves it out."""

    epochs: int | None
    """Of step 8, in one cycle; 0 leaves it out, None goes on until over-fitting."""

    num_views: int
    """Augmented passes over the validation photos when all is trained."""

    further_cycles: tuple[int, ...] = ()
    """Epochs of each cycle that step 8 adds behind its first ``epochs``."""

    def __post_init__(self) -> None:
        require_recipe(self.recipe)
        object.__setattr__(self, "further_cycles", tuple(self.further_cycles))  # JSON
        if self.head_epochs < 1:
            raise PlanError(f"head_epochs must be 1 or more, got {self.head_epochs}.")
        others = {
            "frozen_epochs": self.frozen_epochs,
            "sweep_batches": self.sweep_batches,
            "epochs": self.epochs or 0,
            "num_views": self.num_views,
            "further_cycles": min(self.further_cycles, default=0),
        }
        for name, number in others.items():
            if number < 0:
                raise PlanError(f"{name} must be 0 or more, got {number}.")


def require_recipe(recipe: str) -> None:
    """Refuse a recipe that does not exist."""
    if recipe not in RECIPES:
        raise PlanError(f"There is no recipe {recipe!r}: take one of {RECIPES}.")


def usual_plan(
    num_train: int,
    batch_size: int,
    recipe: Recipe = "eight-steps",
    epochs: int | None = None,
    num_views: int = 4,
) -> Plan:
    """What the recipe does unless time is short.

    Args:
        num_train: Photos to learn from.
        batch_size: Photos in a batch.
        recipe: How far to go.
        epochs: Of the last training step, in one cycle. Without it, two epochs where
            only the head learns, and cycles of 1, 2 and 4 epochs of the whole network
            until it over-fits.
        num_views: Augmented passes at the end; 4 as in the lesson. The quick recipe has
            none: they would make it twice as long.
    """
    steps = math.ceil(num_train / batch_size)
    return Plan(
        recipe=recipe,
        head_epochs=epochs if recipe == "quick" and epochs else _head_epochs(steps),
        frozen_epochs=epochs if recipe == "head" and epochs else 2,
        sweep_batches=_sweep_batches(steps),
        epochs=epochs if recipe == "eight-steps" else None,
        num_views=0 if recipe == "quick" else num_views,
    )


def in_words(plan: Plan) -> str:
    """Say what a plan does, for people.

    Example:
        >>> plan = Plan(
        ...     head_epochs=9, frozen_epochs=1, sweep_batches=0, epochs=7, num_views=4
        ... )
        >>> in_words(plan)
        '9 epochs in step 3, 1 in step 4, 7 in step 8; 4 augmented views'
    """
    later = [(plan.frozen_epochs, 4), (plan.epochs, 8)]
    epochs = [f"{plan.head_epochs} epochs in step 3"]
    epochs += [f"{number} in step {step}" for number, step in later if number]
    parts = [", ".join(epochs)]
    if plan.sweep_batches:
        parts.append(f"{plan.sweep_batches} batches in step 7")
    if plan.num_views:
        parts.append(f"{plan.num_views} augmented views")
    return "; ".join(parts)


def options_of(plan: Plan, usual: Plan) -> str | None:
    """Options of ``unfreeze train`` that train as a plan does, where there are some.

    Args:
        plan: What they shall do. Its views come after training.
        usual: What is done without options.
    """
    match plan.recipe:
        case "quick":
            return "--recipe quick"
        case "head":
            is_one_fit = not plan.further_cycles
            return (
                f"--recipe head --epochs {plan.frozen_epochs}" if is_one_fit else None
            )
        case "eight-steps":
            beside = (plan.frozen_epochs, plan.sweep_batches)
            is_usual = beside == (usual.frozen_epochs, usual.sweep_batches)
            is_usual &= not plan.further_cycles
            return f"--epochs {plan.epochs}" if is_usual and plan.epochs else None
        case _:
            assert_never(plan.recipe)


def _head_epochs(steps: int) -> int:
    return min(max(2, math.ceil(_HEAD_STEPS / steps)), 50)


def _sweep_batches(steps: int) -> int:
    least, most = _SWEEP_BATCHES
    return min(max(2 * steps, least), most)
