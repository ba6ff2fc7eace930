"""Mirrors src/unfreeze/data/fixes.py."""

import csv
import os
from pathlib import Path

import pytest

from tests.fix_tables import write_fixes
from unfreeze.data.fixes import Fix, read_fixes
from unfreeze.errors import DataError


def written(folder: Path, *lines: str) -> Path:
    path = folder / "fixes.csv"
    path.write_text("\n".join(["file,action,label", *lines]), encoding="utf-8")
    return path


def test_decisions_are_read_by_file(tmp_path: Path) -> None:
    path = written(tmp_path, "a/1.jpg,keep,", 'a/"2.jpg,drop', '"a/3,4.jpg",relabel,b')

    assert read_fixes(path) == {
        "a/1.jpg": Fix("a/1.jpg", "keep", "", 2),
        'a/"2.jpg': Fix('a/"2.jpg', "drop", "", 3),
        "a/3,4.jpg": Fix("a/3,4.jpg", "relabel", "b", 4),
    }


def test_decisions_may_be_saved_again_by_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    path.write_bytes("file;action;label\r\na,1.jpg;relabel;b,c\r\n".encode("utf-16"))

    assert read_fixes(path) == {"a,1.jpg": Fix("a,1.jpg", "relabel", "b,c", 2)}


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_file_is_said_to_hold_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fixes.csv"
    path.write_text(content)

    with pytest.raises(DataError, match=r"which holds nothing\. Expected the titles"):
        read_fixes(path)


def test_columns_may_stand_in_another_order_and_beside_others(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    path.write_text("note,label, action ,file\nold,cat,relabel,x.jpg\n")

    assert list(read_fixes(path).values()) == [Fix("x.jpg", "relabel", "cat", 2)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x.jpg,delete,", r"Line 3 of .*has the action 'delete'. Expected one of keep"),
        ("x.jpg,,", r"has the action ''"),
        (",drop,", r"Line 3 of .*names no file"),
        ("x.jpg,relabel,", r"Line 3 of .*has no label for 'x.jpg'"),
        ("x.jpg,drop,cat", r"Line 3 of .*says drop and has the label 'cat'"),
        ("first.jpg,drop,", r"Line 3 of .*names 'first.jpg' again, after line 2"),
    ],
)
def test_a_line_that_says_nothing_clear_is_refused_by_number(
    tmp_path: Path, line: str, found: str
) -> None:
    with pytest.raises(DataError, match=found):
        read_fixes(written(tmp_path, "first.jpg,keep,", line))


@pytest.mark.parametrize("content", ["", "file,label\nx,y\n"])
def test_a_missing_column_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fixes.csv"
    path.write_text(content)

    with pytest.raises(DataError, match=r"has no column '(file|action)'"):
        read_fixes(path)


HOSTILE = [
    "=cmd|'/C calc'!A0/1.jpg",
    "+1.jpg",
    "-1.jpg",
    "@x.jpg",
    "'=1.jpg",
    "''=1.jpg",
    "'plain.jpg",
    "a/=1.jpg",
    'quote".jpg',
    "comma,.jpg",
    "two\nlines.jpg",
    "\ttab.jpg",
    "\rreturn.jpg",
    " spaces .jpg",
    "＝wide.jpg",  # noqa: RUF001
    "ünï.jpg",
    os.fsdecode(b"caf\xe9.jpg"),
    "<script>alert(1)</script>/1.jpg",
]


def test_hostile_names_come_back_as_they_were(tmp_path: Path) -> None:
    fixes = [Fix(name, "relabel", name, 0) for name in HOSTILE]
    path = tmp_path / "fixes.csv"

    write_fixes(path, fixes)

    read = read_fixes(path).values()
    assert [(fix.file, fix.label) for fix in read] == [(n, n) for n in HOSTILE]


def test_no_cell_begins_like_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    write_fixes(path, [Fix(name, "relabel", name, 0) for name in HOSTILE])

    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        cells = [cell for row in csv.reader(text) for cell in row]
    assert not [cell for cell in cells if cell[0] in "=+-@\t\r\n＝"]  # noqa: RUF001


def test_a_formula_typed_by_hand_is_a_name(tmp_path: Path) -> None:
    assert "=1.jpg" in read_fixes(written(tmp_path, "=1.jpg,drop,"))


def test_a_blank_in_front_of_a_name_belongs_to_it(tmp_path: Path) -> None:
    path = tmp_path / "fixes.csv"
    path.write_text("action,file,label\nrelabel, a.jpg, b\n")

    assert read_fixes(path)[" a.jpg"].label == " b"
