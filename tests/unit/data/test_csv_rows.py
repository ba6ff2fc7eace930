"""Mirrors src/unfreeze/data/csv_rows.py."""

import os
from pathlib import Path

import pytest

from unfreeze.data.csv_rows import TableForm, csv_rows
from unfreeze.errors import DataError


def test_rows_carry_the_line_they_end_on_and_blank_ones_are_left_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b\r\n\r\n , \r\n"two\nlines",c\r\n')

    assert list(csv_rows(path)) == [(1, ["a", "b"]), (5, ["two\nlines", "c"])]


def test_odd_bytes_are_refused_or_kept_as_in_file_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"caf\xe9.jpg,x\n")

    with pytest.raises(DataError, match="is not a CSV file in UTF-8"):
        list(csv_rows(path))
    [(_, cells)] = csv_rows(path, odd_bytes="surrogateescape")
    assert os.fsencode(cells[0]) == b"caf\xe9.jpg"


def test_a_quote_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"a,b\n')

    with pytest.raises(DataError, match="is not a CSV file"):
        list(csv_rows(path))


def test_other_forms_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,1;ä\n".encode("utf-16"))

    rows = list(csv_rows(path, form=TableForm("utf-16", ";")))

    assert rows == [(1, ["a,1", "ä"])]
