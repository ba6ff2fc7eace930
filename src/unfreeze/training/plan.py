"""How long and how hard to train: the settings of one fit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.errors import PlanError
from unfreeze.numerics.schedules import (
    Schedule,
    constant,
    cosine_restarts,
    cycle_epochs,
    one_cycle,
    slanted_triangle,
)

__all__ = ["FitPlan", "early_epochs_of"]


def early_epochs_of(cycle: int) -> int:
    """How many epochs of a cycle are early: the first two thirds, rounded down.

    Example:
        >>> [early_epochs_of(cycle) for cycle in (1, 2, 3, 4, 6)]
        [0, 1, 2, 2, 4]
    """
    return 2 * cycle // 3


@dataclass(frozen=True, kw_only=True, slots=True)
class FitPlan:
    """The cycles of one fit. Checked once, before the first step."""

    cycles: int
    """Cycles to run; without ``cycle_len`` each is one epoch at a constant rate."""

    cycle_len: int | None = None
    """Epochs of the first cycle. None keeps the rate constant."""

    cycle_mult: float = 1.0
    """Each cycle is this many times as long as the one before it."""

    clr: Sequence[float] | None = None
    """(div, cut_div[, mom_max, mom_min]): one slanted triangle per cycle."""

    clr_beta: Sequence[float] | None = None
    """(div, pct[, mom_max, mom_min]): one 1cycle per cycle."""

    clip_norm: float | None = None
    """Largest total gradient norm. None leaves gradients as they are."""

    def __post_init__(self) -> None:
        if self.clr is not None and self.clr_beta is not None:
            raise PlanError("Got both use_clr and use_clr_beta; pass one of them.")
        if self.clip_norm is not None and not 0 < self.clip_norm < math.inf:
            raise PlanError(f"clip must be above 0, got {self.clip_norm!r}.")
        self.schedule(steps_per_epoch=1)  # refuses what cannot be scheduled

    @property
    def epochs_of_cycles(self) -> tuple[int, ...]:
        """Whole epochs of each cycle, first to last."""
        return cycle_epochs(*self._cycles)

    @property
    def epochs(self) -> int:
        """Whole passes over the training images."""
        return sum(self.epochs_of_cycles)

    @property
    def early_epochs(self) -> frozenset[int]:
        """The early ones of each cycle, counted from 0 over the whole fit."""
        found, begin = set[int](), 0
        for count in self.epochs_of_cycles:
            found.update(range(begin, begin + early_epochs_of(count)))
            begin += count
        return frozenset(found)

    @property
    def has_cycles(self) -> bool:
        """Whether the rate follows a cycle, rather than staying constant."""
        return not (
            self.cycle_len is None and self.clr is None and self.clr_beta is None
        )

    def schedule(self, steps_per_epoch: int) -> Schedule:
        """Rate and momentum at every step of this fit."""
        if self.clr is not None:
            div, cut_div, momentums = _unpack(self.clr, "use_clr", "div, cut_div")
            return slanted_triangle(
                steps_per_epoch,
                *self._cycles,
                div=div,
                cut_div=cut_div,
                momentums=momentums,
            )
        if self.clr_beta is not None:
            div, pct, momentums = _unpack(self.clr_beta, "use_clr_beta", "div, pct")
            return one_cycle(
                steps_per_epoch, *self._cycles, div=div, pct=pct, momentums=momentums
            )
        if self.cycle_len is None:
            return constant(steps_per_epoch, self.epochs)
        return cosine_restarts(steps_per_epoch, *self._cycles)

    @property
    def _cycles(self) -> tuple[int, int, float]:
        first = 1 if self.cycle_len is None else self.cycle_len
        return self.cycles, first, self.cycle_mult


def _unpack(
    values: Sequence[float], name: str, first_two: str
) -> tuple[float, float, tuple[float, float] | None]:
    """Split the lesson's tuple into its shape and the momentums at ends and peak."""
    match tuple(values):
        case (first, second):
            return first, second, None
        case (first, second, at_ends, at_peak):
            return first, second, (at_ends, at_peak)
        case _:
            raise PlanError(
                f"{name} is ({first_two}) or ({first_two}, mom_max, mom_min), got "
                f"{tuple(values)}."
            )
