"""Mirrors src/unfreeze/runs/answer_table.py."""

import math
import os
from pathlib import Path

import pytest

from unfreeze.errors import DataError
from unfreeze.runs.answer_table import read_answer_table

TITLES = "file,label,predicted,probability,loss\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "predictions.csv"


def test_columns_are_found_by_name(table: Path) -> None:
    table.write_text("extra,probability,predicted,label,file\nx,0.5,cat,dog,a.jpg\n")

    (found,) = read_answer_table(table)

    assert (found.file, found.label, found.predicted) == ("a.jpg", "dog", "cat")
    assert found.probability == 0.5
    assert math.isnan(found.loss)


def test_names_that_are_no_text_survive_also_as_raw_bytes(table: Path) -> None:
    name = b'caf\xe9, ""1"".jpg'
    table.write_bytes(TITLES.encode() + b'"' + name + b'",a,a,1,0\n')

    (found,) = read_answer_table(table)

    assert os.fsencode(found.file) == b'caf\xe9, "1".jpg'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lacks rows or columns"),
        (TITLES, "lacks rows or columns"),
        ("file,label\na,b\n", "Expected file, label, predicted, probability"),
        (TITLES + "a.jpg,cat\n", "lacks rows or columns"),
        (TITLES + "a.jpg,cat,cat,high,0\n", "something else than a figure"),
        (TITLES + '"a.jpg,cat,cat,1,0\n', "is not a CSV file"),
    ],
)
def test_a_damaged_table_is_refused(table: Path, text: str, words: str) -> None:
    table.write_text(text)

    with pytest.raises(DataError, match=words):
        read_answer_table(table)


def test_a_table_that_is_not_there_is_refused(table: Path) -> None:
    with pytest.raises(DataError, match=r"predictions\.csv cannot be read"):
        read_answer_table(table)
