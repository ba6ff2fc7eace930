"""Mirrors src/unfreeze/cli/answers_out.py."""

import json

import numpy as np
import pytest

from unfreeze.answering import Answering
from unfreeze.cli.answers_out import JsonAnswers, LinesOfAnswers, NamedErrors
from unfreeze.records import Task
from unfreeze.runs.blocks import Block

RULES = Answering(classes=("cat", "dog"))


def _block(first: int, *errors: str | None) -> Block:
    log_probs = np.log(np.full((len(errors), 2), [0.25, 0.75]))
    names = [f"{first + row}.jpg" for row in range(len(errors))]
    return Block(first, names, log_probs, errors)


def test_json_is_one_object_whatever_the_blocks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = JsonAnswers(RULES, None)
    for block in (_block(0, "Bad."), _block(1, None, None), _block(3, "Bad.", None)):
        output.show(block)
    output.end()

    out = capsys.readouterr().out
    content = json.loads(out)
    assert out == json.dumps(content) + "\n"
    assert [each["file"] for each in content["predictions"]] == [
        "1.jpg",
        "2.jpg",
        "4.jpg",
    ]
    assert content["predictions"][0]["label"] == "dog"
    assert content["skipped"] == [
        {"file": "0.jpg", "reason": "Bad."},
        {"file": "3.jpg", "reason": "Bad."},
    ]
    assert content["classes"] == ["cat", "dog"]


def test_nothing_is_written_before_the_first_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    JsonAnswers(RULES, None).show(_block(0, "Bad.", "Bad."))

    assert capsys.readouterr().out == ""


def test_each_of_several_labels_stands_by_its_own_probability(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = Answering(classes=("cat", "dog"), task=Task.MULTI, thresholds=(0.5, 0.5))
    log_probs = np.log([[0.75, 0.875], [0.25, 0.625], [0.25, 0.375]])
    block = Block(0, ["a.jpg", "b.jpg", "c.jpg"], log_probs, (None,) * 3)

    LinesOfAnswers(rules, None, block.names).show(block)

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["file", "label", "probability"],
        ["a.jpg", "cat,", "dog", "0.7500,", "0.8750"],
        ["b.jpg", "dog", "0.6250"],
        ["c.jpg", "(none)", "at", "most", "0.3750"],
    ]


def test_lines_have_titles_once_and_stand_below_each_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = LinesOfAnswers(RULES, 0.5, ["0.jpg", "1.jpg", "long-name.jpg"])
    output.show(_block(0, "Bad."))
    output.show(_block(1, None))
    output.show(_block(2, None))
    output.end()

    shown = capsys.readouterr()
    title, *lines = shown.out.splitlines()
    assert title.split() == ["file", "label", "probability"]
    assert [line.split() for line in lines] == [
        ["1.jpg", "dog", "0.7500"],
        ["2.jpg", "dog", "0.7500"],
    ]
    assert {len(line.rstrip()) for line in lines} == {len(title.rstrip())}
    assert shown.err == "skipped 0.jpg: Bad.\n"


def test_the_first_errors_are_named_once_something_can_be_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = NamedErrors(most=3)
    for first in (0, 2, 4, 6):
        output.show(_block(first, "Bad.", "Bad."))
    assert capsys.readouterr().err == ""
    output.show(_block(8, "Bad.", None))
    output.end()

    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "skipped 0.jpg",
        "skipped 1.jpg",
        "skipped 2.jpg",
    ]


def test_errors_do_not_wait_for_ever(capsys: pytest.CaptureFixture[str]) -> None:
    output = NamedErrors()
    output.show(_block(0, *["Bad."] * 1000))
    output.show(_block(1000, "Bad."))

    assert len(capsys.readouterr().err.splitlines()) == 1001
