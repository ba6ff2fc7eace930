"""Mirrors src/unfreeze/numerics/schedules.py."""

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch

from unfreeze.errors import PlanError
from unfreeze.numerics.schedules import (
    Schedule,
    constant,
    cosine_restarts,
    cycle_epochs,
    one_cycle,
    rising,
    slanted_triangle,
)


def rates(schedule: Schedule) -> list[float]:
    return [schedule.multiplier(step) for step in range(schedule.num_steps)]


@pytest.mark.parametrize(
    ("cycles", "cycle_len", "cycle_mult", "expected"),
    [
        (3, 1, 1, (1, 1, 1)),
        (3, 2, 1, (2, 2, 2)),
        (3, 1, 2, (1, 2, 4)),
        (3, 2, 2, (2, 4, 8)),
        (2, 3, 2, (3, 6)),
        (3, 1, 1.5, (1, 2, 2)),
        (2, 1, 1.5, (1, 2)),
        (4, 1, 0.5, (1, 1, 1, 1)),
        (10, 1, 1.1, (1, 2, 1, 1, 2, 1, 2, 2, 2, 2)),
    ],
)
def test_cycles_last_as_many_epochs_as_the_lesson_counts(
    cycles: int, cycle_len: int, cycle_mult: float, expected: tuple[int, ...]
) -> None:
    assert cycle_epochs(cycles, cycle_len, cycle_mult) == expected


def test_a_constant_schedule_stays_at_the_peak_and_ends_a_cycle_each_epoch() -> None:
    schedule = constant(steps_per_epoch=4, epochs=3)

    assert schedule.cycle_ends == (4, 8, 12)
    assert rates(schedule) == [1.0] * 12


def test_restarts_meet_the_anchors_of_twenty_batches() -> None:
    schedule = cosine_restarts(20, cycles=2)

    steps = [schedule.multiplier(step) for step in (0, 1, 19, 20)]

    assert steps == pytest.approx([0.01, 0.99384, 0.00616, 1.0], abs=5e-6)


def test_restarts_meet_the_anchors_of_360_batches() -> None:
    schedule = cosine_restarts(360, cycles=1)

    values = rates(schedule)

    assert values.count(0.01) == 18
    assert values[18] > 0.99
    assert values[-1] == pytest.approx(1.9e-5, rel=0.01)


def test_restarts_equal_those_of_torch_after_the_warm_up() -> None:
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    oracle = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(
        optimizer, T_0=30, T_mult=2
    )
    expected = []
    for _ in range(30 + 60 + 120):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        oracle.step()

    schedule = cosine_restarts(15, cycles=3, cycle_len=2, cycle_mult=2)

    assert rates(schedule)[2:] == pytest.approx(expected[2:])
    assert schedule.cycle_ends == (30, 90, 210)


def test_a_fractional_growth_ends_and_restarts_at_every_cycle() -> None:
    schedule = cosine_restarts(10, cycles=3, cycle_mult=1.5)

    assert schedule.cycle_ends == (10, 30, 50)
    assert [schedule.multiplier(step) for step in (10, 30)] == [1.0, 1.0]


def test_rates_fall_within_a_cycle_once_warm() -> None:
    values = rates(cosine_restarts(50, cycles=1))

    assert all(before > after for before, after in pairwise(values[3:]))


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_tiny_epochs_still_have_a_schedule(steps: int) -> None:
    values = rates(cosine_restarts(steps, cycles=2))

    assert values[0] == 0.01
    assert values[steps] == 1.0


def test_a_slanted_triangle_climbs_for_its_share_and_descends_for_the_rest() -> None:
    values = rates(slanted_triangle(30, 1, div=4, cut_div=3))

    assert values[0] == 0.25
    assert values[10] == 1.0
    assert values[5] == pytest.approx(0.625)
    assert values[20] == pytest.approx(0.625)
    assert max(values) == 1.0


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_triangle_shorter_than_its_cut_begins_at_the_peak(steps: int) -> None:
    values = rates(slanted_triangle(steps, 2, div=10, cut_div=8))

    assert values[0] == values[steps] == 1.0


def test_momentum_runs_against_the_rate() -> None:
    schedule = slanted_triangle(30, 1, div=4, cut_div=3, momentums=(0.95, 0.85))

    assert schedule.momentum is not None
    values = [schedule.momentum(step) for step in (0, 10, 20)]
    assert values == pytest.approx([0.95, 0.85, 0.9])


def test_one_cycle_is_symmetric_then_fades_a_hundredfold() -> None:
    schedule = one_cycle(100, 1, div=10, pct=10, momentums=(0.95, 0.85))
    values = rates(schedule)

    assert values[0] == values[90] == pytest.approx(0.1)
    assert values[45] == 1.0
    assert values[20] == pytest.approx(values[70])
    assert 0.001 < values[99] < values[95] < 0.1
    assert schedule.momentum is not None
    assert schedule.momentum(45) == pytest.approx(0.85)
    assert schedule.momentum(95) == pytest.approx(0.95)


@pytest.mark.parametrize("pct", [0, 13.75, 99])
@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_one_cycle_of_any_length_stays_within_its_rates(steps: int, pct: float) -> None:
    values = rates(one_cycle(steps, 3, div=10, pct=pct))

    assert all(0.001 <= value <= 1 for value in values)


def test_a_rising_sweep_begins_and_ends_where_it_was_told_by_equal_ratios() -> None:
    values = rates(rising(361, 1e-5, 10))

    assert values[0] == 1e-5
    assert values[-1] == pytest.approx(10)
    assert [b / a for a, b in pairwise(values)] == pytest.approx(
        [1e6 ** (1 / 360)] * 360
    )


def test_a_linear_sweep_rises_by_equal_differences() -> None:
    values = rates(rising(5, 1.0, 3.0, linear=True))

    assert values == pytest.approx([1.0, 1.5, 2.0, 2.5, 3.0])


def test_a_sweep_of_one_batch_stays_at_its_start() -> None:
    assert rates(rising(1, 1e-3, 1.0)) == [1e-3]


@pytest.mark.parametrize("step", [-1, 20])
def test_a_step_outside_the_run_is_refused(step: int) -> None:
    with pytest.raises(PlanError, match=f"steps 0 to 19, not {step}"):
        cosine_restarts(20, 1).multiplier(step)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: constant(0, 1), "steps_per_epoch must be a whole number"),
        (lambda: constant(1, 0), "epochs must be a whole number, 1 or more, got 0"),
        (lambda: cycle_epochs(0), "cycles must be a whole number"),
        (lambda: cycle_epochs(1, 0), "cycle_len must be above 0"),
        (lambda: cycle_epochs(2, 1, -1), "cycle_mult must be above 0"),
        (lambda: cycle_epochs(9999, 1, 2), r"cycle_mult 2 makes cycle \d+ of 9999"),
        (lambda: cycle_epochs(2, 1, math.nan), "cycle_mult must be above 0"),
        (lambda: slanted_triangle(9, 1, div=0, cut_div=3), "div must be 1 or more"),
        (lambda: slanted_triangle(9, 1, div=4, cut_div=0.5), "cut_div must be 1"),
        (
            lambda: slanted_triangle(9, 1, div=4, cut_div=2, momentums=(1.0, 0.9)),
            r"Momentums must be in \[0, 1\), got 1, 0.9",
        ),
        (lambda: one_cycle(9, 1, div=4, pct=100), r"pct must be in \[0, 100\)"),
        (lambda: rising(0, 1e-5, 10), "num_steps must be a whole number"),
        (lambda: rising(9, 0, 10), "start must be above 0"),
        (lambda: rising(9, 1, 0.5), "end must be above start 1, got 0.5"),
    ],
)
def test_settings_out_of_range_are_refused_with_their_name(
    build: "object", message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        build()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: cycle_epochs("x"), "cycles must be a number, got 'x'"),  # type: ignore[arg-type]
        (lambda: cycle_epochs(1, None), "cycle_len must be a number, got None"),  # type: ignore[arg-type]
        (lambda: constant(1, [3]), r"epochs must be a number, got \[3\]"),  # type: ignore[arg-type]
        (lambda: rising(5, 1e-5, "x"), "end must be a number, got 'x'"),  # type: ignore[arg-type]
        (lambda: one_cycle(5, 1, div=9, pct="x"), "pct must be a number"),  # type: ignore[arg-type]
        (
            lambda: one_cycle(5, 1, div=9, pct=9, momentums=("x", 0.9)),  # type: ignore[arg-type]
            "momentum must be a number, got 'x'",
        ),
    ],
)
def test_what_is_no_number_is_refused_by_name(
    make: Callable[[], object], found: str
) -> None:
    with pytest.raises(PlanError, match=found):
        make()
