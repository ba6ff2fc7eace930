"""Mirrors src/unfreeze/data/groups.py."""

import numpy as np
import pytest

from unfreeze.data.groups import (
    as_grouping,
    joined_groups,
    numbered,
    pattern_names,
)
from unfreeze.errors import PlanError

FILES = ["ill/person1_1.png", "ill/person1_2.png", "well/person2_1.png", "well/x.png"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (r"person(\d+)", ["1", "1", "2", None]),
        (r"person\d+", ["person1", "person1", "person2", None]),
        (r"(person\d+)_(\d)", ["person1", "person1", "person2", None]),
        (r"person(\d+)|(x)", ["1", "1", "2", "x"]),
        (r"^[^/]+", ["ill", "ill", "well", "well"]),
        (r"person()", ["", "", "", None]),
    ],
)
def test_a_pattern_names_groups_after_what_it_captures(
    pattern: str, names: list[str | None]
) -> None:
    assert pattern_names(FILES, pattern) == names


def test_a_pattern_that_is_found_nowhere_is_refused() -> None:
    found = (
        r"'patient\(.*' is found in none of the 4 files, such as 'ill/person1_1.png'"
    )
    with pytest.raises(PlanError, match=found):
        pattern_names(FILES, r"patient(\d+)")


def test_a_pattern_that_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(PlanError, match=r"'person\(' is not a regular expression"):
        pattern_names(FILES, "person(")


def test_rows_without_a_group_stand_alone() -> None:
    assert numbered(["a", None, "b", "a", None]).tolist() == [0, 1, 2, 0, 3]


def test_joined_groups_are_the_connected_parts() -> None:
    """Brute force: rows reach each other over any chain of shared numbers."""
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 25, 40), rng.integers(0, 25, 40)
    reach = (first[:, None] == first) | (second[:, None] == second)
    for _ in range(40):
        reach = reach @ reach

    joined = joined_groups(first, second)

    assert np.array_equal(joined[:, None] == joined, reach)


def test_groups_on_both_sides_are_named() -> None:
    grouping = as_grouping("p", ["b", "a", None, "a"], ["c", "a", "b", None])

    assert grouping.straddling == ("a", "b")
    assert (grouping.by, grouping.num_groups, grouping.num_alone) == ("p", 3, 2)
