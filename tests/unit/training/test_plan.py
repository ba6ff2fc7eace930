"""Mirrors src/unfreeze/training/plan.py."""

import math
from typing import Any

import pytest

from unfreeze.errors import PlanError
from unfreeze.training.plan import FitPlan


@pytest.mark.parametrize(
    ("cycles", "cycle_len", "cycle_mult", "epochs"),
    [
        (3, 1, 1, (1, 1, 1)),
        (3, 2, 1, (2, 2, 2)),
        (3, 1, 2, (1, 2, 4)),
        (3, 2, 2, (2, 4, 8)),
        (2, 3, 2, (3, 6)),
        (3, None, 1, (1, 1, 1)),
    ],
)
def test_epochs_are_those_of_the_lesson(
    cycles: int, cycle_len: int | None, cycle_mult: float, epochs: tuple[int, ...]
) -> None:
    plan = FitPlan(cycles=cycles, cycle_len=cycle_len, cycle_mult=cycle_mult)

    assert plan.epochs_of_cycles == epochs
    assert plan.epochs == sum(epochs)
    assert plan.schedule(10).num_steps == 10 * sum(epochs)


def test_without_a_cycle_length_the_rate_is_constant() -> None:
    plan = FitPlan(cycles=2)

    schedule = plan.schedule(3)

    assert [schedule.multiplier(step) for step in range(6)] == [1.0] * 6
    assert schedule.cycle_ends == (3, 6)
    assert not plan.has_cycles


def test_with_a_cycle_length_the_rate_falls_along_a_cosine() -> None:
    plan = FitPlan(cycles=2, cycle_len=1)

    multipliers = [plan.schedule(4).multiplier(step) for step in range(1, 8)]

    cosine = [(1 + math.cos(math.pi * step / 4)) / 2 for step in range(4)]
    assert multipliers == pytest.approx([*cosine[1:], *cosine])
    assert plan.has_cycles


def test_use_clr_is_a_slanted_triangle() -> None:
    """From a quarter of the rate up in one half of the steps, and down again."""
    plan = FitPlan(cycles=1, cycle_len=1, clr=(4, 2))

    schedule = plan.schedule(8)

    multipliers = [schedule.multiplier(step) for step in (0, 2, 4, 6)]
    assert multipliers == pytest.approx([0.25, 0.625, 1.0, 0.625])
    assert schedule.momentum is None
    assert plan.has_cycles


def test_use_clr_beta_is_a_one_cycle_with_momentum() -> None:
    plan = FitPlan(cycles=1, cycle_len=1, clr_beta=(10, 20, 0.95, 0.85))

    schedule = plan.schedule(10)

    multipliers = [schedule.multiplier(step) for step in (0, 4, 8, 9)]
    assert multipliers == pytest.approx([0.1, 1.0, 0.1, 0.0505])
    assert schedule.momentum is not None
    assert [schedule.momentum(step) for step in (0, 4, 8)] == [0.95, 0.85, 0.95]
    assert plan.has_cycles


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cycles": 0}, "cycles must be a whole number, 1 or more, got 0"),
        ({"cycles": 1, "cycle_len": 0}, "cycle_len must be above 0, got 0"),
        ({"cycles": 1, "cycle_mult": 0}, "cycle_mult must be above 0"),
        ({"cycles": 1, "clr": (4, 2), "clr_beta": (4, 2)}, "pass one of them"),
        ({"cycles": 1, "clr": (4,)}, r"use_clr is \(div, cut_div\) or .* got \(4,\)"),
        ({"cycles": 1, "clr_beta": (4, 2, 0.9)}, r"use_clr_beta is \(div, pct\)"),
        ({"cycles": 1, "clr": (0.5, 2)}, "div must be 1 or more"),
        ({"cycles": 1, "clr_beta": (10, 200)}, "pct must be in"),
        ({"cycles": 1, "clip_norm": 0.0}, "clip must be above 0, got 0.0"),
        ({"cycles": 1, "clip_norm": math.inf}, "clip must be above 0, got inf"),
    ],
)
def test_what_cannot_be_done_is_refused_when_the_plan_is_made(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        FitPlan(**settings)


@pytest.mark.parametrize(
    ("cycles", "cycle_len", "cycle_mult", "early"),
    [
        (3, 1, 2, {1, 3, 4}),  # of 0 | 1 2 | 3 4 5 6
        (1, 1, 1, set()),
        (1, 7, 1, {0, 1, 2, 3}),
        (2, 3, 1, {0, 1, 3, 4}),
        (4, None, 1, set()),
    ],
)
def test_early_epochs_are_two_thirds_of_each_cycle_and_never_its_last(
    cycles: int, cycle_len: int | None, cycle_mult: float, early: set[int]
) -> None:
    plan = FitPlan(cycles=cycles, cycle_len=cycle_len, cycle_mult=cycle_mult)

    assert plan.early_epochs == early
