"""Mirrors src/unfreeze/data/label_table.py."""

from pathlib import Path

import pytest

from unfreeze.data.csv_cells import as_cell
from unfreeze.data.label_table import LabelTable, label_table, written_table
from unfreeze.data.table_columns import Choice
from unfreeze.errors import DataError


def _read(root: Path, text: str, **choice: object) -> LabelTable:
    """Read a table beside a photo called ``a``."""
    path = root / "labels.csv"
    path.write_text(text)
    chosen = Choice(**choice)  # type: ignore[arg-type]
    return label_table(written_table(path), chosen, "a".__eq__)


def test_rows_have_their_lines_and_cells(tmp_path: Path) -> None:
    table = _read(tmp_path, "label,file,at\n\n x , a ,home\ny,b\n")

    assert [(row.line, row.photo, row.label) for row in table.rows] == [
        (3, "a", "x"),
        (4, "b", "y"),
    ]
    assert table.column("at") == ["home", ""]
    assert table.column("when") is None


def test_what_our_tables_guard_from_spreadsheets_is_read_as_it_was(
    tmp_path: Path,
) -> None:
    said = [
        ("=1.jpg", "-x", "@g"),
        ("'+2.jpg", "a;-x", "g"),
        ("caf\udce9.jpg", "a", "g"),
    ]
    lines = [",".join(map(as_cell, row)) for row in said]

    table = _read(tmp_path, "\n".join(["file,label,'-group", *lines]))

    assert [(row.photo, row.label) for row in table.rows] == [row[:2] for row in said]
    assert table.column("-group") == [group for _, _, group in said]


def test_a_first_row_that_names_a_photo_is_one_of_photos(tmp_path: Path) -> None:
    for choice in (None, False):
        table = _read(tmp_path, "a,x\nb,y\n", has_titles=choice)

        assert [row.photo for row in table.rows] == ["a", "b"]
    with pytest.raises(DataError, match=r"names an image, 'a'.*skip_header=False"):
        _read(tmp_path, "a,x\nb,y\n", has_titles=True)


def test_a_first_row_whose_photo_is_missing_is_no_titles(tmp_path: Path) -> None:
    table = _read(tmp_path, "z,cat\nb,dog\nc,cat\n")

    assert [row.photo for row in table.rows] == ["z", "b", "c"]
    titled = _read(tmp_path, "file,cat\nb,dog\nc,cat\n")
    assert [row.photo for row in titled.rows] == ["b", "c"]


def test_a_first_row_is_one_of_photos_where_that_is_said(tmp_path: Path) -> None:
    table = _read(tmp_path, "file,label\nb,y\n", has_titles=False)

    assert [row.label for row in table.rows] == ["label", "y"]


def test_columns_of_numbers_are_not_guessed_among(tmp_path: Path) -> None:
    text = "image,width,height\na,640,-1.5e3\nb,800,600\n"

    with pytest.raises(DataError, match=r"may hold labels, 'width', 'height'"):
        _read(tmp_path, text)
    table = _read(tmp_path, text, labels="height")
    assert [row.label for row in table.rows] == ["-1.5e3", "600"]


@pytest.mark.parametrize(
    "text",
    [
        "image,is_cat\na,1\nb,0\n",
        "image,cat,target\na,1,0\nb,0,1\n",
        "image,level,fold\na,1,0\nb,0,1\n",
        "image,level,patient\na,1,0\nb,0,1\n",
    ],
)
def test_one_column_of_numbers_is_taken_for_labels(tmp_path: Path, text: str) -> None:
    assert len(_read(tmp_path, text, groups="patient").rows) == 2


@pytest.mark.parametrize(
    "text", ["0,a,cat\n1,b,dog\n2,a,cat\n", ",x,y\n0,a,cat\n1,b,dog\n2,a,cat\n"]
)
def test_photos_that_exist_are_found_behind_numbers_of_rows(
    tmp_path: Path, text: str
) -> None:
    table = _read(tmp_path, text)

    assert [(row.photo, row.label) for row in table.rows] == [
        ("a", "cat"),
        ("b", "dog"),
        ("a", "cat"),
    ]


def test_less_than_half_of_a_column_is_not_taken_for_photos(tmp_path: Path) -> None:
    table = _read(tmp_path, "what,where\nb,a\nc,b\nd,c\n")

    assert [row.photo for row in table.rows] == ["b", "c", "d"]


def test_a_table_of_one_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Line 1 .* one column: 'id breed'.*comma"):
        _read(tmp_path, "id breed\na pug\n")
    with pytest.raises(DataError, match=r"Line 2 .* one column: 'c', and so have 1"):
        _read(tmp_path, "id,breed\nc\nd\n")


def test_a_label_with_a_comma_and_no_quotes_is_not_cut(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"Line 2 .* 3 cells and the first row 2.*quotes"
    ):
        _read(tmp_path, "id,tags\na,cat,dog\nb,cat\n")
    assert len(_read(tmp_path, "id,tags\na,cat,\nb,cat\n").rows) == 2


@pytest.mark.parametrize("text", ["", "id,breed\n", "\n\n"])
def test_an_empty_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"has no rows"):
        _read(tmp_path, text)
