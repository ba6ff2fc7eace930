"""Mirrors src/unfreeze/cli/render.py."""

import json

import pytest

from unfreeze.cli.render import print_json, print_table, printable, talker


@pytest.mark.parametrize("as_json", [False, True])
def test_words_leave_standard_output_to_json(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    talker(as_json)("a line")

    captured = capsys.readouterr()
    assert (captured.err if as_json else captured.out) == "a line\n"
    assert (captured.out if as_json else captured.err) == ""


def test_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": "line\nbreak", "b": [1, None]})

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"a": "line\nbreak", "b": [1, None]}


def test_a_row_is_a_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["file", "share"], [("x" * 300, "0.5"), ("y", "0.25")])

    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == ["file", "share"]
    assert first == "x" * 300 + "   " + " 0.5"
    assert second.endswith(" 0.25")


def test_names_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "a\x1b[31m\nb.jpg"

    print_table(["file", "label"], [(hostile, "cats")])
    talker(as_json=False)(f"skipped {hostile}")

    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "a\\x1b[31m\\nb.jpg" in said


def test_letters_of_all_languages_are_printed_as_they_are() -> None:
    assert printable("Grüße 猫.jpg") == "Grüße 猫.jpg"
