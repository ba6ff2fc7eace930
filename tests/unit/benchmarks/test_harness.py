"""Mirrors benchmarks/harness.py."""

import math

import pytest

from benchmarks.harness import (
    OURS,
    Goal,
    Spread,
    alternate,
    less_time_than,
    more_than,
    outcomes,
    results,
)

ROUNDS = [
    {OURS: {"seconds": 9.0}, "peer": {"seconds": 9.0}},  # to warm up
    {OURS: {"seconds": 1.0}, "peer": {"seconds": 2.0}},
    {OURS: {"seconds": 2.0}, "peer": {"seconds": 10.0}},
    {OURS: {"seconds": 4.0}, "peer": {"seconds": 12.0}},
]


def test_the_median_of_an_even_number_of_values_lies_between_the_middle_two() -> None:
    assert Spread.of([4.0, 1.0, 2.0, 9.0]) == Spread(median=3.0, low=1.0, high=9.0)


def test_contestants_take_turns_and_warm_up_once() -> None:
    calls: list[str] = []

    def contestant(name: str) -> dict[str, float]:
        calls.append(name)
        return {"calls": len(calls)}

    rounds = alternate(
        {"a": lambda: contestant("a"), "b": lambda: contestant("b")}, repeats=2
    )

    assert "".join(calls) == "ababab"
    assert [each["b"]["calls"] for each in rounds] == [2, 4, 6]


def test_every_answer_is_told_at_once() -> None:
    told: list[tuple[int, str]] = []

    alternate(
        {"a": dict, "b": dict}, 1, lambda number, name, _: told.append((number, name))
    )

    assert told == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]


def test_the_first_round_does_not_count() -> None:
    ours, peer = results(ROUNDS)

    assert (ours.first, ours.values) == (9.0, (1.0, 2.0, 4.0))
    assert peer.spread == Spread(median=10.0, low=2.0, high=12.0)


def test_a_ratio_is_taken_within_each_round() -> None:
    """2, 5 and 3, median 3; the ratio of the medians would be 10 / 2 = 5."""
    (found,) = outcomes([less_time_than("peer", "seconds", at_least=3.0)], ROUNDS)

    assert found.spread == Spread(median=3.0, low=2.0, high=5.0)
    assert found.first == 1.0
    assert (found.wanted, found.verdict) == (">= 3", "met")


def test_more_is_better_the_other_way_round() -> None:
    (found,) = outcomes([more_than("peer", "seconds", at_least=0.5)], ROUNDS)

    assert found.spread.median == pytest.approx(1 / 3)
    assert found.verdict == "MISSED"


@pytest.mark.parametrize(("bound", "verdict"), [(2.0, "met"), (1.9, "MISSED")])
def test_a_quantity_alone_can_have_an_upper_bound(bound: float, verdict: str) -> None:
    goal = Goal(name="seconds", over=(OURS, "seconds"), at_most=bound)

    (found,) = outcomes([goal], ROUNDS)

    assert found.verdict == verdict


def test_a_goal_without_a_bound_has_no_verdict() -> None:
    (found,) = outcomes([less_time_than("peer", "seconds")], ROUNDS)

    assert (found.is_met, found.wanted, found.verdict) == (None, "", "")


def test_who_does_not_take_part_is_not_judged() -> None:
    alone = [{OURS: each[OURS]} for each in ROUNDS]

    assert outcomes([less_time_than("peer", "seconds", at_least=2.0)], alone) == []


def test_a_peer_that_never_arrives_is_infinitely_slow() -> None:
    rounds = [{OURS: {"seconds": 1.0}, "peer": {"seconds": math.inf}}] * 2

    (found,) = outcomes([less_time_than("peer", "seconds", at_least=2.0)], rounds)

    assert found.spread.median == math.inf
    assert found.is_met
