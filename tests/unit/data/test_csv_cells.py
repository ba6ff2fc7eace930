"""Mirrors src/unfreeze/data/csv_cells.py."""

import csv
import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.csv_cells import as_cell, from_cell

ODD = "='\\udc8fé9+-@\t\r\n\udc80\udcff\udce9＝＋－＠u, \""  # noqa: RUF001


@given(st.text(alphabet=ODD) | st.text())
def test_a_name_comes_back_as_it_was(name: str) -> None:
    assert from_cell(as_cell(name)) == name


@given(st.text(alphabet=ODD))
def test_a_cell_is_text_and_no_formula(name: str) -> None:
    cell = as_cell(name)

    cell.encode()
    assert cell[:1] not in list("=+-@\t\r\n＝＋－＠")  # noqa: RUF001


@given(st.lists(st.text(alphabet=ODD), min_size=1, max_size=4))
def test_a_row_survives_the_file(names: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(["row", *map(as_cell, names)])
    text.seek(0)

    [[_, *cells]] = csv.reader(text)

    assert [from_cell(cell) for cell in cells] == names


@pytest.mark.parametrize("name", ["cats/1.jpg", "a\\b.jpg", "'quoted'.jpg", ""])
def test_usual_names_are_written_as_they_are(name: str) -> None:
    assert as_cell(name) == name


def test_bytes_that_were_written_raw_are_read_too() -> None:
    """As the bytes of a file name that a person typed, or a list of files holds."""
    assert os.fsencode(from_cell(os.fsdecode(b"caf\xe9.jpg"))) == b"caf\xe9.jpg"
