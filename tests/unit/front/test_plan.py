"""Mirrors src/unfreeze/front/plan.py."""

from dataclasses import asdict
from typing import Any

import pytest

from unfreeze.errors import PlanError
from unfreeze.front.plan import (
    Plan,
    Recipe,
    in_words,
    options_of,
    require_recipe,
    usual_plan,
)

USUAL = Plan(
    head_epochs=5, frozen_epochs=2, sweep_batches=100, epochs=None, num_views=4
)


@pytest.mark.parametrize(
    ("count", "head_epochs", "sweep_batches"),
    [
        (64, 50, 25),  # an epoch of one batch: 300 steps would be 300 epochs
        (640, 30, 25),
        (1280, 15, 40),  # two epochs
        (1300, 15, 42),  # 20 batches and a rest
        (23_000, 2, 100),
    ],
)
def test_small_sets_get_more_epochs_of_the_head(
    count: int, head_epochs: int, sweep_batches: int
) -> None:
    plan = usual_plan(count, 64)

    assert (plan.head_epochs, plan.sweep_batches) == (head_epochs, sweep_batches)
    assert (plan.frozen_epochs, plan.epochs, plan.num_views) == (2, None, 4)


@pytest.mark.parametrize(
    ("recipe", "epochs"),
    [("quick", (7, 2, None)), ("head", (30, 7, None)), ("eight-steps", (30, 2, 7))],
)
def test_epochs_belong_to_the_last_step(
    recipe: Recipe, epochs: tuple[int, int, int | None]
) -> None:
    plan = usual_plan(640, 64, recipe, 7)

    assert (plan.head_epochs, plan.frozen_epochs, plan.epochs) == epochs


def test_a_plan_can_be_written_down_and_read() -> None:
    assert Plan(**asdict(USUAL)) == USUAL


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"head_epochs": 0}, "head_epochs must be 1 or more, got 0"),
        ({"frozen_epochs": -1}, "frozen_epochs must be 0 or more, got -1"),
        ({"sweep_batches": -1}, "sweep_batches must be 0 or more"),
        ({"epochs": -1}, "epochs must be 0 or more"),
        ({"num_views": -1}, "num_views must be 0 or more"),
    ],
)
def test_plans_out_of_range_are_refused(words: dict[str, Any], found: str) -> None:
    with pytest.raises(PlanError, match=found):
        Plan(**asdict(USUAL) | words)


def test_a_plan_has_a_recipe_that_exists() -> None:
    # A TypeError where annotations are checked as well, which happens sooner.
    with pytest.raises((PlanError, TypeError), match="nine-steps"):
        Plan(**asdict(USUAL) | {"recipe": "nine-steps"})


def test_an_unknown_recipe_is_named_beside_the_known_ones() -> None:
    with pytest.raises(PlanError, match=r"'nine'.*'eight-steps', 'head', 'quick'"):
        require_recipe("nine")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            {"epochs": 7},
            "5 epochs in step 3, 2 in step 4, 7 in step 8; 100 batches in step 7; "
            "4 augmented views",
        ),
        (
            {"frozen_epochs": 0, "sweep_batches": 0, "epochs": 0, "num_views": 0},
            "5 epochs in step 3",
        ),
    ],
)
def test_what_is_left_out_is_not_mentioned(
    words: dict[str, Any], expected: str
) -> None:
    assert in_words(Plan(**asdict(USUAL) | words)) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"recipe": "quick", "frozen_epochs": 0, "epochs": 0}, "--recipe quick"),
        (
            {"recipe": "head", "frozen_epochs": 3, "epochs": 0},
            "--recipe head --epochs 3",
        ),
        ({"epochs": 7}, "--epochs 7"),
        ({"epochs": 7, "num_views": 0}, "--epochs 7"),  # they come after training
        ({"epochs": 7, "frozen_epochs": 1}, None),
        ({"epochs": 7, "sweep_batches": 25}, None),
        ({"epochs": 0}, None),
        ({"epochs": 7, "further_cycles": (1,)}, None),
    ],
)
def test_options_repeat_a_plan_or_there_are_none(
    words: dict[str, Any], expected: str | None
) -> None:
    assert options_of(Plan(**asdict(USUAL) | words), USUAL) == expected
