"""Turns and statistics: what is done with the numbers of a benchmark.

Contestants take turns, round by round, so that a machine that grows slower or faster
meanwhile does so for all of them. The first round is shown and not counted: it fills
caches. A ratio is taken within each round, and the median over rounds is what counts.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.protocol import Figures, Repeat

__all__ = [
    "OURS",
    "Goal",
    "Outcome",
    "Quantity",
    "Result",
    "Round",
    "Spread",
    "alternate",
    "less_time_than",
    "more_than",
    "outcomes",
    "results",
]

OURS = "unfreeze"
"""The name under which we take part."""

Round: TypeAlias = Mapping[str, Figures]
"""What each contestant measured in one round."""

Quantity: TypeAlias = tuple[str, str]
"""A contestant and the name of one of its figures."""


def alternate(
    contestants: Mapping[str, Repeat],
    repeats: int,
    on_answer: Callable[[int, str, Figures], object] = lambda *_: None,
) -> list[Round]:
    """Let everybody measure in turn: a round to warm up, and ``repeats`` that count.

    Args:
        contestants: What measures once, by name, in the order of the turns.
        repeats: Rounds that count, 1 or more.
        on_answer: Told round (0 is the one to warm up), name and figures at once.
    """
    rounds: list[Round] = []
    for number in range(repeats + 1):
        answers: dict[str, Figures] = {}
        for name, measure in contestants.items():
            answers[name] = measure()
            on_answer(number, name, answers[name])
        rounds.append(answers)
    return rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle of some values, and how far they lie apart."""

    median: float
    low: float
    """The smallest value."""

    high: float
    """The largest."""

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise one value or more."""
        return cls(median=statistics.median(values), low=min(values), high=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure of one contestant over the rounds."""

    contestant: str
    figure: str
    first: float
    """Of the round to warm up."""

    values: tuple[float, ...]
    """Of the rounds that count."""

    spread: Spread


def results(rounds: Sequence[Round]) -> list[Result]:
    """Collect every figure of every contestant; the first round stands apart."""
    first, *counted = rounds
    return [
        Result(
            contestant=name,
            figure=figure,
            first=first[name][figure],
            values=tuple(each[name][figure] for each in counted),
            spread=Spread.of([each[name][figure] for each in counted]),
        )
        for name in first
        for figure in first[name]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a ratio of two quantities, or one quantity, should be."""

    name: str
    over: Quantity
    under: Quantity | None = None
    at_least: float | None = None
    at_most: float | None = None

    def in_round(self, figures: Round) -> float:
        """The value in one round."""
        return _look_up(figures, self.over) / (
            1.0 if self.under is None else _look_up(figures, self.under)
        )

    @property
    def contestants(self) -> set[str]:
        """Whom it takes to judge it."""
        return {quantity[0] for quantity in (self.over, self.under) if quantity}


def less_time_than(peer: str, figure: str, at_least: float | None = None) -> Goal:
    """How many times shorter a time of ours is than that of ``peer``."""
    return Goal(
        name=f"{figure}: times less than {peer}",
        over=(peer, figure),
        under=(OURS, figure),
        at_least=at_least,
    )


def more_than(peer: str, figure: str, at_least: float | None = None) -> Goal:
    """How many times larger a figure of ours is than that of ``peer``."""
    return Goal(
        name=f"{figure}: times {peer}",
        over=(OURS, figure),
        under=(peer, figure),
        at_least=at_least,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a goal. ``is_met`` is None where there is no bound."""

    name: str
    first: float
    spread: Spread
    at_least: float | None
    at_most: float | None
    is_met: bool | None

    @property
    def wanted(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.at_most is None else f"<= {self.at_most:g}"

    @property
    def verdict(self) -> str:
        """Whether the median keeps the bound."""
        return "" if self.is_met is None else "met" if self.is_met else "MISSED"


def outcomes(goals: Iterable[Goal], rounds: Sequence[Round]) -> list[Outcome]:
    """Judge the goals whose contestants took part, by the rounds that count."""
    return [
        _outcome(goal, rounds) for goal in goals if goal.contestants <= set(rounds[0])
    ]


def _outcome(goal: Goal, rounds: Sequence[Round]) -> Outcome:
    first, *counted = (goal.in_round(each) for each in rounds)
    spread = Spread.of(counted)
    bounds = []
    if goal.at_least is not None:
        bounds.append(spread.median >= goal.at_least)
    if goal.at_most is not None:
        bounds.append(spread.median <= goal.at_most)
    return Outcome(
        name=goal.name,
        first=first,
        spread=spread,
        at_least=goal.at_least,
        at_most=goal.at_most,
        is_met=all(bounds) if bounds else None,
    )


def _look_up(figures: Round, quantity: Quantity) -> float:
    contestant, figure = quantity
    return figures[contestant][figure]
