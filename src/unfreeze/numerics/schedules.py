"""Learning-rate shapes, as functions from the step of a run to a multiplier.

Steps count batches from 0 over the whole run. The multiplier scales each layer
group's own peak rate, so one shape serves all groups and keeps their ratios.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from numbers import Real
from typing import TypeAlias

from unfreeze.errors import PlanError

__all__ = [
    "Schedule",
    "constant",
    "cosine_restarts",
    "cycle_epochs",
    "one_cycle",
    "rising",
    "slanted_triangle",
]

_WARM_UP_SHARE = 20  # the first twentieth of the first cycle ...
_WARM_UP_RATE = 0.01  # ... runs at a hundredth of the rate, as the lesson's fit did
_FINAL_DIVISOR = 100  # the tail of one cycle ends this far below where it began

_Shape: TypeAlias = Callable[[int, int], float]  # (step in cycle, its length) -> value


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """What the rate, and where wanted the momentum, is at every step of a run."""

    num_steps: int
    """Length of the run, in batches."""

    cycle_ends: tuple[int, ...]
    """Steps done when each cycle ends; the last equals ``num_steps``."""

    multiplier: Callable[[int], float]
    """Factor on every group's peak rate at a step, 0 to ``num_steps`` - 1."""

    momentum: Callable[[int], float] | None = None
    """Momentum at a step. None leaves the optimizer's own."""


def cycle_epochs(
    cycles: int, cycle_len: float = 1, cycle_mult: float = 1.0
) -> tuple[int, ...]:
    """Count the whole epochs of each cycle.

    Where ``cycle_mult`` is fractional, a cycle ends with the epoch in which its
    share of the run is reached, and every cycle lasts one epoch at least.

    Args:
        cycles: How many, 1 or more.
        cycle_len: Epochs in the first cycle, above 0.
        cycle_mult: How much longer each cycle is than the one before, above 0.

    Raises:
        PlanError: If a number is out of range.

    Example:
        >>> cycle_epochs(3, 1, 2)
        (1, 2, 4)
        >>> cycle_epochs(3, 1, 1.5)
        (1, 2, 2)
    """
    _require_count("cycles", cycles)
    _require_positive("cycle_len", cycle_len)
    _require_positive("cycle_mult", cycle_mult)
    wanted, length, end, lengths = 0.0, float(cycle_len), 0, []
    for cycle in range(cycles):
        wanted += length
        length *= cycle_mult
        if not math.isfinite(wanted):
            raise PlanError(
                f"cycle_mult {cycle_mult:g} makes cycle {cycle} of {cycles} endless. "
                "Take fewer cycles or a smaller cycle_mult."
            )
        begin, end = end, max(end + 1, math.ceil(wanted - 1e-9))
        lengths.append(end - begin)
    return tuple(lengths)


def constant(steps_per_epoch: int, epochs: int) -> Schedule:
    """Stay at the peak rate; each epoch counts as a cycle.

    Raises:
        PlanError: If a count is below 1.
    """
    _require_count("epochs", epochs)
    return _cycles(steps_per_epoch, (1,) * epochs, lambda step, length: 1.0)


def cosine_restarts(
    steps_per_epoch: int,
    cycles: int,
    cycle_len: float = 1,
    cycle_mult: float = 1.0,
) -> Schedule:
    """Fall along half a cosine in each cycle, and jump back to the peak at its end.

    The first 5 % of the first cycle, at least one batch, runs at a hundredth of the
    rate. After Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
    restarts", 2017.

    Args:
        steps_per_epoch: Batches in an epoch.
        cycles: How many times to fall.
        cycle_len: Epochs in the first cycle.
        cycle_mult: How much longer each cycle is than the one before.

    Raises:
        PlanError: If a number is out of range.
    """
    falling = _cycles(
        steps_per_epoch, cycle_epochs(cycles, cycle_len, cycle_mult), _half_cosine
    )
    num_warm = math.ceil(falling.cycle_ends[0] / _WARM_UP_SHARE)

    def at(step: int) -> float:
        return _WARM_UP_RATE if 0 <= step < num_warm else falling.multiplier(step)

    return Schedule(falling.num_steps, falling.cycle_ends, at)


def slanted_triangle(  # noqa: PLR0913  # the lesson's use_clr beside the cycles
    steps_per_epoch: int,
    cycles: int,
    cycle_len: float = 1,
    cycle_mult: float = 1.0,
    *,
    div: float,
    cut_div: float,
    momentums: tuple[float, float] | None = None,
) -> Schedule:
    """Climb to the peak in the first part of each cycle, and descend for the rest.

    After Howard and Ruder, "Universal language model fine-tuning", 2018.

    Args:
        steps_per_epoch: Batches in an epoch.
        cycles: How many triangles.
        cycle_len: Epochs in the first cycle.
        cycle_mult: How much longer each cycle is than the one before.
        div: The peak is this many times the rate at both ends, 1 or more.
        cut_div: The climb takes one part in ``cut_div`` of the cycle, 1 or more. A
            cycle shorter than that begins at its peak.
        momentums: Momentum at the ends and at the peak of the rate, each from 0 to
            below 1.

    Raises:
        PlanError: If a number is out of range.
    """
    _require_ratio("div", div)
    _require_ratio("cut_div", cut_div)

    def knots(length: int, end: float, peak: float) -> list[tuple[float, float]]:
        return [(0, end), (length // cut_div, peak), (length, end)]

    return _cycles(
        steps_per_epoch,
        cycle_epochs(cycles, cycle_len, cycle_mult),
        lambda step, length: _along(knots(length, 1 / div, 1.0), step),
        _momentum_shape(knots, momentums),
    )


def one_cycle(  # noqa: PLR0913  # the lesson's use_clr_beta beside the cycles
    steps_per_epoch: int,
    cycles: int,
    cycle_len: float = 1,
    cycle_mult: float = 1.0,
    *,
    div: float,
    pct: float,
    momentums: tuple[float, float] | None = None,
) -> Schedule:
    """Climb and descend evenly, then fade out to a hundredth of where it began.

    After Smith, "A disciplined approach to neural network hyper-parameters", 2018.

    Args:
        steps_per_epoch: Batches in an epoch.
        cycles: How many times.
        cycle_len: Epochs in the first cycle.
        cycle_mult: How much longer each cycle is than the one before.
        div: The peak is this many times the rate at the start, 1 or more.
        pct: Percentage of the cycle's batches spent fading out, from 0 to below 100.
        momentums: Momentum at the ends and at the peak of the rate, each from 0 to
            below 1.

    Raises:
        PlanError: If a number is out of range.
    """
    _require_ratio("div", div)
    _require_number("pct", pct)
    if not 0 <= pct < 100:
        raise PlanError(f"pct must be in [0, 100), a percentage, got {pct:g}.")

    def knots(length: int, end: float, peak: float) -> list[tuple[float, float]]:
        half = int(length * (1 - pct / 100) / 2)
        return [(0, end), (half, peak), (2 * half, end)]

    def rate(step: int, length: int) -> float:
        last = (length, 1 / (div * _FINAL_DIVISOR))
        return _along([*knots(length, 1 / div, 1.0), last], step)

    return _cycles(
        steps_per_epoch,
        cycle_epochs(cycles, cycle_len, cycle_mult),
        rate,
        _momentum_shape(knots, momentums),
    )


def rising(num_steps: int, start: float, end: float, linear: bool = False) -> Schedule:
    """Sweep upwards for the rate finder, from ``start`` on the first step to ``end``.

    The multiplier is a rate itself, so give each group a peak relative to the group
    whose rate is swept.

    Args:
        num_steps: Batches in the sweep; a single one stays at ``start``.
        start: Lowest rate, above 0.
        end: Highest rate, above ``start``.
        linear: Rise by equal differences instead of equal ratios.

    Raises:
        PlanError: If a number is out of range.
    """
    _require_count("num_steps", num_steps)
    _require_positive("start", start)
    _require_number("end", end)
    if not start < end < math.inf:
        raise PlanError(f"end must be above start {start:g}, got {end:g}.")
    last = max(num_steps - 1, 1)

    def rate(step: int, _length: int) -> float:
        share = step / last
        return (
            start + (end - start) * share if linear else start * (end / start) ** share
        )

    return _cycles(num_steps, (1,), rate)


def _cycles(
    steps_per_epoch: int,
    epochs: Sequence[int],
    rate: _Shape,
    momentum: _Shape | None = None,
) -> Schedule:
    _require_count("steps_per_epoch", steps_per_epoch)
    ends = tuple(accumulate(count * steps_per_epoch for count in epochs))
    return Schedule(
        num_steps=ends[-1],
        cycle_ends=ends,
        multiplier=_repeat(rate, ends),
        momentum=None if momentum is None else _repeat(momentum, ends),
    )


def _repeat(shape: _Shape, ends: tuple[int, ...]) -> Callable[[int], float]:
    begins = (0, *ends)

    def at(step: int) -> float:
        if not 0 <= step < ends[-1]:
            raise PlanError(f"This schedule has steps 0 to {ends[-1] - 1}, not {step}.")
        cycle = bisect_right(ends, step)
        return shape(step - begins[cycle], ends[cycle] - begins[cycle])

    return at


def _half_cosine(step: int, length: int) -> float:
    return (1 + math.cos(math.pi * step / length)) / 2


def _along(knots: Sequence[tuple[float, float]], step: int) -> float:
    """Follow straight lines from knot to knot; a line of no length is passed over."""
    for (begin, low), (end, high) in pairwise(knots):
        if begin <= step < end:
            return low + (high - low) * (step - begin) / (end - begin)
    return knots[-1][1]


def _momentum_shape(
    knots: Callable[[int, float, float], Sequence[tuple[float, float]]],
    momentums: tuple[float, float] | None,
) -> _Shape | None:
    if momentums is None:
        return None
    at_ends, at_peak = momentums
    for each in momentums:
        _require_number("A momentum", each)
    if not (0 <= at_ends < 1 and 0 <= at_peak < 1):
        raise PlanError(f"Momentums must be in [0, 1), got {at_ends:g}, {at_peak:g}.")
    return lambda step, length: _along(knots(length, at_ends, at_peak), step)


def _require_number(name: str, value: float) -> None:
    if not isinstance(value, Real):
        raise PlanError(f"{name} must be a number, got {value!r}.")


def _require_count(name: str, value: int) -> None:
    _require_number(name, value)
    if not float(value).is_integer() or value < 1:
        raise PlanError(f"{name} must be a whole number, 1 or more, got {value:g}.")


def _require_positive(name: str, value: float) -> None:
    _require_number(name, value)
    if not 0 < value < math.inf:
        raise PlanError(f"{name} must be above 0, got {value:g}.")


def _require_ratio(name: str, value: float) -> None:
    _require_number(name, value)
    if not 1 <= value < math.inf:
        raise PlanError(f"{name} must be 1 or more, got {value:g}.")
