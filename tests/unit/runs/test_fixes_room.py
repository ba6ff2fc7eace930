"""Mirrors src/unfreeze/runs/fixes_room.py."""

import itertools

import pytest

from unfreeze.runs.fixes_room import num_that_fit, shared_out


def one_by_one(wants: list[int], room: int) -> list[int]:
    """Each in turn gets one more, as long as it wants any."""
    given = [0] * len(wants)
    while room and given != wants:
        poorest = min(
            (number for number, want in enumerate(wants) if given[number] < want),
            key=given.__getitem__,
        )
        given[poorest] += 1
        room -= 1
    return given


@pytest.mark.parametrize("room", [0, 1, 7, 20, 60])
def test_it_is_shared_as_if_given_one_by_one(room: int) -> None:
    for wants in itertools.product((0, 3, 10), (1, 12), (5, 40)):
        found = shared_out(wants, room)

        expected = one_by_one(list(wants), room)
        assert sorted(found) == sorted(expected)
        assert all(part <= want for part, want in zip(found, wants, strict=True))


def test_without_wishes_nothing_is_given() -> None:
    assert shared_out([], 5) == []


@pytest.mark.parametrize(
    ("room", "count"), [(0, 0), (1, 0), (2, 1), (7, 2), (8, 3), (99, 3)]
)
def test_the_first_are_taken_until_one_does_not_fit(room: int, count: int) -> None:
    assert num_that_fit([2, 5, 1], room) == count
