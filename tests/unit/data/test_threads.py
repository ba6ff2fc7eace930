"""Mirrors src/unfreeze/data/threads.py."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from unfreeze.data.threads import map_in_order
from unfreeze.errors import PlanError


def _slow_square(number: int) -> int:
    time.sleep(0.001 * (number * 7 % 5))
    return number * number


@pytest.mark.parametrize("num_workers", [0, 1, 4])
def test_results_come_in_the_order_of_the_items(num_workers: int) -> None:
    results = map_in_order(_slow_square, range(30), num_workers=num_workers, ahead=7)

    assert list(results) == [number * number for number in range(30)]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_nothing_comes_of_nothing(num_workers: int) -> None:
    assert list(map_in_order(str, [], num_workers=num_workers, ahead=2)) == []


def test_no_more_than_allowed_is_begun_ahead() -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    with closing(map_in_order(str, items(), num_workers=2, ahead=5)) as results:
        for taken in range(1, 20):
            next(results)
            assert len(drawn) <= taken + 5


def test_an_exception_arrives_as_it_is_in_its_turn() -> None:
    mistake = KeyError("the third")

    def fail_at_two(number: int) -> int:
        if number == 2:
            raise mistake
        return number

    results = map_in_order(fail_at_two, range(9), num_workers=3, ahead=9)

    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(KeyError) as caught:
        next(results)
    assert caught.value is mistake


def test_leaving_early_ends_the_threads_without_doing_the_rest() -> None:
    begun: list[int] = []

    def note(number: int) -> int:
        begun.append(number)
        time.sleep(0.005)
        return number

    before = threading.active_count()
    with closing(map_in_order(note, range(1000), num_workers=2, ahead=500)) as results:
        next(results)

    assert threading.active_count() == before
    assert len(begun) < 20


def test_a_negative_number_of_threads_is_refused() -> None:
    with pytest.raises(PlanError, match=r"num_workers must be 0 or more, got -1"):
        next(map_in_order(str, [1], num_workers=-1, ahead=1))
