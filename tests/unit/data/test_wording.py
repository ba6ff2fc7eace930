"""Mirrors src/unfreeze/data/wording.py."""

from unfreeze.data.wording import listed


def test_few_names_are_all_quoted() -> None:
    assert listed(["cats", "dogs"]) == "'cats', 'dogs'"


def test_many_names_are_counted() -> None:
    assert listed(list("abcde"), limit=2) == "'a', 'b' and 3 more"


def test_exactly_as_many_as_allowed_leaves_nothing_out() -> None:
    assert listed(["a", "b"], limit=2) == "'a', 'b'"


def test_of_no_names_nothing_is_said() -> None:
    assert listed([]) == "nothing"
