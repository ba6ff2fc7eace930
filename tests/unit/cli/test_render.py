"""Mirrors src/unfreeze/cli/render.py."""

import json
import sys

import pytest

from unfreeze.cli.render import (
    GrowingRows,
    print_json,
    print_table,
    say,
    talker,
)
from unfreeze.words import printable


@pytest.mark.parametrize("as_json", [False, True])
def test_words_leave_standard_output_to_json(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    talker(as_json)("a line")

    captured = capsys.readouterr()
    assert (captured.err if as_json else captured.out) == "a line\n"
    assert (captured.out if as_json else captured.err) == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_a_run_that_is_refused_without_a_word_has_none_before_it(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    write = talker(as_json, before=["note 1", "note 2"])
    assert "".join(capsys.readouterr()) == ""

    write("a line")
    write("another")

    lines = "".join(capsys.readouterr()).splitlines()
    assert lines == ["note 1", "note 2", "a line", "another"]


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
    print_table(["file", hostile], [("1", "2")])
    talker(as_json=False)(f"skipped {hostile}")
    say("first", hostile, colour="red", is_bold=True)
    say(hostile, err=True)

    ended = capsys.readouterr()
    assert "\x1b" not in ended.out + ended.err
    assert ended.out.count("a\\x1b[31m\\nb.jpg") == 3
    assert "skipped a\\x1b[31m\nb.jpg\n" in ended.out  # there, a line end is one
    assert ended.err == "a\\x1b[31m\\nb.jpg\n"


@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("f" * 120, "dog"),
        ("f" * 4000, "dog"),
        ("f" * 59, "dog"),
        ("short", "d" * 200),
        ("f" * 120, "d" * 120),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_long_names_are_folded_and_nothing_else_is_lost(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    label: str,
    is_there: bool,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("NO_COLOR", "1")
    widths = [len(file), len(label), 0]

    rows = GrowingRows(["file", "label", "probability"], widths)
    rows.print([(file if is_there else "x.jpg", label, "0.7500")])
    rows.print([("y.jpg", "cat", "0.2500")])

    out = capsys.readouterr().out
    lines = [line.rstrip() for line in out.splitlines()]
    assert max(map(len, lines)) <= 80
    assert out.count("f") == (len(file) * file.startswith("f")) * is_there + 1
    assert out.count("d") == label.count("d")
    assert lines[0].split() == ["file", "label", "probability"]
    assert {each.index(end) + 6 for each in lines for end in ("0.7500", "0.2500")
            if end in each} == {len(lines[0])}  # fmt: skip


def test_letters_of_all_languages_are_printed_as_they_are() -> None:
    assert printable("Grüße 猫.jpg") == "Grüße 猫.jpg"
