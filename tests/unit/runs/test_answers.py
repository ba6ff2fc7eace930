"""Mirrors src/unfreeze/runs/answers.py."""

import os

import numpy as np
import pytest

from unfreeze.answering import Answering
from unfreeze.data.csv_cells import from_cell
from unfreeze.records import Skipped, Task
from unfreeze.runs.answers import AnswerColumns, GivenAnswer, answers_in
from unfreeze.runs.blocks import Block

RULES = Answering(classes=("cat", "=dog"))


@pytest.fixture
def block() -> Block:
    log_probs = np.log([[0.25, 0.75], [0.9, 0.1], [0.5, 0.5]])
    names = ['a,"1".jpg', "b.jpg", "c.jpg"]
    return Block(0, names, log_probs, (None, None, "It is empty."))


def test_a_row_has_the_file_its_label_and_a_column_per_class(block: Block) -> None:
    columns = AnswerColumns(RULES)

    assert columns.titles == ["file", "label", "probability", "cat", "'=dog", "error"]
    assert [columns.cells(*row) for row in block.rows()] == [
        ['a,"1".jpg', "'=dog", "0.750000", "0.250000", "0.750000", ""],
        ["b.jpg", "cat", "0.900000", "0.900000", "0.100000", ""],
        ["c.jpg", "", "", "", "", "It is empty."],
    ]


def test_a_row_is_read_as_the_answer_that_it_holds(block: Block) -> None:
    columns = AnswerColumns(RULES)
    rows = [columns.cells(*row) for row in block.rows()]

    first, second, third = map(columns.answer, block.names, rows)

    assert first == GivenAnswer('a,"1".jpg', "=dog", 0.75, [0.25, 0.75])
    assert second == GivenAnswer("b.jpg", "cat", 0.9, [0.9, 0.1])
    assert third == Skipped("c.jpg", "It is empty.")


@pytest.mark.parametrize("name", ["=1+1.jpg", "@x", os.fsdecode(b"caf\xe9.png")])
def test_names_are_neither_formulas_nor_odd_bytes(name: str) -> None:
    columns = AnswerColumns(RULES)

    cell, *_ = columns.cells(name, np.array([0.5, 0.5]), None)

    assert cell == columns.begin(name)
    assert cell != name
    assert cell.encode()[0] not in b"=@"
    assert from_cell(cell) == name


def test_json_says_the_same(block: Block) -> None:
    first, second = [each.as_json(RULES.classes) for each in answers_in(block, RULES)]

    assert first["file"] == 'a,"1".jpg'
    assert first["label"] == "=dog"
    assert first["probability"] == pytest.approx(0.75)
    assert first["probabilities"] == pytest.approx({"cat": 0.25, "=dog": 0.75})
    assert second["label"] == "cat"
    assert block.skipped == [Skipped("c.jpg", "It is empty.")]


@pytest.mark.parametrize("kind", list(Task))
@pytest.mark.parametrize("least", [None, 0.3, 0.7])
def test_a_row_says_what_was_said_where_its_figures_are_rounded(
    kind: Task, least: float | None
) -> None:
    """Some lie nearer to the limit than six digits tell, on either side of it."""
    rules = Answering(classes=("a", "b b", "c"), task=kind)
    limit = 0.5 if least is None else least
    tiny = 4e-7
    probs = np.array(
        [
            [limit - tiny, 0.1, 0.1],
            [0.1, limit + tiny, 0.1],
            [limit + tiny, 0.1, limit - tiny],
            [0.1, 0.1, limit],
            [0.1, 0.1, 0.1],
        ]
    )
    for row in probs:
        columns = AnswerColumns(rules, least)

        read = columns.answer("1.jpg", columns.cells("1.jpg", row, None))

        assert isinstance(read, GivenAnswer)
        assert read.label == rules.label(row, least)
        assert read.is_sure is rules.is_sure(row, least)
        assert read.labels == rules.labels(row, least)
        assert read.probabilities == pytest.approx(row.tolist(), abs=1e-6)


def test_an_answer_below_the_threshold_is_not_sure(block: Block) -> None:
    columns = AnswerColumns(RULES, least=0.8)

    labels = [columns.cells(*row)[1] for row in block.rows()]

    assert labels == ["not sure", "cat", ""]
    assert [each.label for each in answers_in(block, RULES, 0.8)] == labels[:2]


def test_several_labels_stand_in_one_cell() -> None:
    rules = Answering(classes=("a", "b", "c"), task=Task.MULTI)

    row = AnswerColumns(rules).cells("1.jpg", np.array([0.6, 0.1, 0.9]), None)

    assert row[1:3] == ["a c", "0.900000"]
