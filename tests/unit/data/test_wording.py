"""Mirrors src/unfreeze/data/wording.py."""

from typing import get_args

from unfreeze.data.wording import FOUND, listed
from unfreeze.records import FindingKind


def test_few_names_are_all_quoted() -> None:
    assert listed(["cats", "dogs"]) == "'cats', 'dogs'"


def test_many_names_are_counted() -> None:
    assert listed(list("abcde"), limit=2) == "'a', 'b' and 3 more"


def test_exactly_as_many_as_allowed_leaves_nothing_out() -> None:
    assert listed(["a", "b"], limit=2) == "'a', 'b'"


def test_every_kind_of_finding_has_plain_words() -> None:
    assert set(FOUND) == set(get_args(FindingKind))
    assert not [words for words in FOUND.values() if "_" in words]
