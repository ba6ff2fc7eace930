"""Mirrors src/unfreeze/data/held_out.py."""

import numpy as np
import pytest

from unfreeze.data.held_out import HeldOut, Share, as_held_out
from unfreeze.data.splits import stratified_split


def split(labels: list[int], groups: list[int] | None = None) -> HeldOut:
    """What becomes of a fifth."""
    known = np.array(labels)
    train, valid = stratified_split(
        known, 0.2, 0, None if groups is None else np.array(groups)
    )
    names = [f"c{label}" for label in range(known.max() + 1)]
    return as_held_out(0.2, names, known[train], known[valid])


@pytest.mark.parametrize("sizes", [(5, 5), (12, 7), (100, 33, 9), (3, 4), (2, 8)])
def test_what_rounding_does_is_not_off(sizes: tuple[int, ...]) -> None:
    found = split([label for label, size in enumerate(sizes) for _ in range(size)])

    assert not found.is_off
    assert found.classes_off == ()
    assert found.photos == sum(sizes)


def test_a_class_in_one_group_is_off_and_so_is_the_whole() -> None:
    """Two classes of 20; the photos of the second hang together."""
    found = split([0] * 20 + [1] * 20, [*range(20), *[20] * 20])

    assert (found.held_out, found.photos) == (4, 40)
    assert found.is_off
    assert found.classes_off == (Share("c1", 0, 20),)


def test_many_classes_of_two_photos_hold_out_half() -> None:
    found = split([label for label in range(30) for _ in range(2)])

    assert (found.held_out, found.photos) == (30, 60)
    assert found.is_off
    assert found.classes_off == ()  # each by less than a photo


def test_classes_of_one_photo_leave_it_to_the_others() -> None:
    found = split([*range(40), *[40] * 60])

    assert (found.held_out, found.photos) == (20, 100)
    assert not found.is_off
    assert found.classes_off == (Share("c40", 20, 60),)


def test_the_farthest_class_comes_first() -> None:
    train, valid = np.repeat([0, 1, 2], [90, 99, 60]), np.repeat([0, 1, 2], [10, 1, 40])

    found = as_held_out(0.2, ["a", "b", "c"], train, valid)

    assert [each.name for each in found.classes_off] == ["c", "b", "a"]


def test_a_photo_of_several_labels_counts_for_each() -> None:
    train = np.array([[1.0, 1.0]] * 10 + [[1.0, 0.0]] * 10)
    valid = np.array([[1.0, 0.0]] * 5)

    found = as_held_out(0.2, ["a", "b"], train, valid)

    assert (found.held_out, found.photos) == (5, 25)
    assert not found.is_off
    assert found.classes_off == (Share("b", 0, 10),)
