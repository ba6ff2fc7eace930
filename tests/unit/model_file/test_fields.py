"""Mirrors src/unfreeze/model_file/fields.py."""

import math

import pytest

from unfreeze.model_file.fields import (
    as_items,
    as_members,
    as_number,
    as_text,
    as_whole,
    member,
)


def test_values_in_range_come_back() -> None:
    assert as_text("ab", "it", most=2) == "ab"
    assert [as_whole(each, "it", least=1, most=3) for each in (1, 3)] == [1, 3]
    assert as_number(2, "it", least=0, most=2) == 2.0
    assert isinstance(as_number(2, "it", least=0, most=2), float)
    assert as_items([1], "it", least=1, most=1) == [1]
    assert as_members({"a": 1}, "it") == {"a": 1}
    assert member({"a": None}, "a") is None


@pytest.mark.parametrize("value", ["", "abc", 1, None, ["a"], b"a"])
def test_other_texts_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"it is .*, expected text of 1 to 2 char"):
        as_text(value, "it", most=2)


def test_names_that_no_file_can_hold_are_refused() -> None:
    folder = "caf\udce9"  # as Python keeps a byte that is no text
    assert as_text(folder, "it", most=9) == folder
    for value in ("\ud800", "a\udfff", "\udc7f"):
        with pytest.raises(ValueError, match=r"it is .*without lone surrogates"):
            as_text(value, "it", most=9)


@pytest.mark.parametrize("value", [0, 4, True, 1.0, "1", None, 10**4000])
def test_other_whole_numbers_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 1 to 3"):
        as_whole(value, "it", least=1, most=3)


@pytest.mark.parametrize(
    "value", [-0.1, 1.1, math.nan, math.inf, -math.inf, True, "1", None, 10**4000]
)
def test_other_numbers_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a number from 0 to 1"):
        as_number(value, "it", least=0, most=1)


@pytest.mark.parametrize("value", [[], [1, 2], (1,), "a", {"a": 1}, None])
def test_other_lists_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a list of 1 to 1 values"):
        as_items(value, "it", least=1, most=1)


@pytest.mark.parametrize("value", [[], "a", None, 1])
def test_what_has_no_names_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        as_members(value, "it")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="arch is missing"):
        member({}, "arch")


def test_a_huge_value_is_shown_in_short() -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        as_whole(["a" * 10**6] * 1000, "it", least=0, most=1)

    assert len(str(caught.value)) < 300
