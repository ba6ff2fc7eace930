"""Mirrors src/unfreeze/insight/wording.py."""

import pytest

from unfreeze.insight.wording import (
    counted,
    duration,
    percent,
    shortened,
    wrapped,
)


@pytest.mark.parametrize(
    ("share", "digits", "words"),
    [
        (0.97253, 1, "97.3 %"),
        (0.5, 0, "50 %"),
        (0.99999, 1, "99.9 %"),
        (1, 1, "100 %"),
        (0, 1, "0 %"),
        (1e-6, 2, "0.01 %"),
    ],
)
def test_shares_are_percentages_that_promise_nothing(
    share: float, digits: int, words: str
) -> None:
    assert percent(share, digits) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (9.96, "10.0 s"),
        (59.7, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (7260, "2 h 1 min"),
    ],
)
def test_times_carry_their_unit(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_one_thing_is_no_plural() -> None:
    assert counted(1, "mistake") == "1 mistake"
    assert counted(0, "mistake") == "0 mistakes"


@pytest.mark.parametrize("longest", [3, 8, 9, 30])
def test_a_shortened_name_keeps_begin_and_end(longest: int) -> None:
    name = "abcdefghijklmnop"

    short = shortened(name, longest)

    assert len(short) <= longest
    assert short[0] == "a"
    assert short[-1] == "p"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("cats", ("cats",)),
        ("", ("",)),
        ("two words here", ("two words ", "here")),
        ("a_very-long", ("a_very-long",)),
        ("abcdefghijkl mno", ("abcdefghijk", "l mno")),
        ("first second third", ("first ", "secon…third")),
    ],
)
def test_names_are_broken_between_words(text: str, lines: tuple[str, ...]) -> None:
    assert wrapped(text, 11, 2) == lines
    assert all(len(line) <= 11 for line in lines)


def test_a_single_line_is_cut_in_its_middle() -> None:
    assert wrapped("abcdefghij", 7, 1) == ("abc…hij",)
