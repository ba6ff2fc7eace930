"""Mirrors src/unfreeze/words.py."""

from typing import get_args

import pytest

from unfreeze.records import FindingKind
from unfreeze.words import FINDING_TITLES, counted, finding_title, ordinal, printable


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 files"), (1, "1 file"), (1_234, "1,234 files")]
)
def test_one_thing_is_singular(number: int, words: str) -> None:
    assert counted(number, "file") == words


def test_another_plural_may_be_given() -> None:
    assert counted(2, "class", "classes") == "2 classes"


def test_places_in_a_row_are_written_as_english_has_them() -> None:
    """From a list of a grammar: 1st, 2nd, 3rd, the rest th, and th for all teens."""
    ends = {number: ordinal(number).removeprefix(str(number)) for number in range(114)}

    assert {n for n, end in ends.items() if end == "st"} == {
        1, 21, 31, 41, 51, 61, 71, 81, 91, 101
    }  # fmt: skip
    assert [n for n, end in ends.items() if end == "nd"][:4] == [2, 22, 32, 42]
    assert [n for n, end in ends.items() if end == "rd"][:4] == [3, 23, 33, 43]
    assert ends[11] == ends[12] == ends[13] == ends[111] == ends[113] == "th"
    assert ordinal(1_001) == "1,001st"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2J.jpg", r"\x1b[2J.jpg"),
        ("a\nb", r"a\nb"),
        ("caf\udce9", r"caf\udce9"),
        ("Hütte <1>", "Hütte <1>"),
    ],
)
def test_what_steers_a_terminal_is_spelled_out(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_every_kind_of_finding_has_a_plain_heading_of_its_own() -> None:
    assert set(FINDING_TITLES) == set(get_args(FindingKind))
    assert len(set(FINDING_TITLES.values())) == len(FINDING_TITLES)
    words = " ".join(map(finding_title, FINDING_TITLES)).lower()
    assert not [each for each in ("exif", "mode", "outlier", "_") if each in words]
