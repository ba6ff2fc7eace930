"""Mirrors src/unfreeze/runs/listed_photos.py."""

import io
import os
import sys
from pathlib import Path

import pytest

from unfreeze.errors import DataError, PlanError
from unfreeze.runs.listed_photos import (
    STANDARD_INPUT,
    Naming,
    PhotoSources,
    names_in_table,
    names_on_lines,
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "test").mkdir()
    for name in ("1.jpg", "2.jpg", "test/3.jpg"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- a list -------------------------------------------------------------------------


def test_each_line_is_a_photo(here: Path) -> None:
    content = b"\xef\xbb\xbf1.jpg\r\n\r\n  \t\n ./2.jpg \ncaf\xe9.jpg\nno.jpg"
    (here / "list.txt").write_bytes(content)

    names = list(names_on_lines(Path("list.txt"), Naming()))

    odd = os.fsdecode(b"caf\xe9.jpg")
    assert names == ["1.jpg", " ./2.jpg ", odd, "no.jpg"]


def test_a_list_can_come_from_another_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"2.jpg\n1.jpg\n")))

    assert list(names_on_lines(STANDARD_INPUT, Naming())) == ["2.jpg", "1.jpg"]


def test_names_get_their_folder_and_their_ending(here: Path) -> None:
    (here / "list.txt").write_text("3\n")

    names = names_on_lines(here / "list.txt", Naming(Path("test"), ".jpg"))

    assert list(names) == ["test/3.jpg"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("\n\n", "no photos in list.txt"),
        ("  \n\t\n", "no photos in list.txt"),
        ("3.jpg\n4.jpg\n", "None of the first 2 photos in list.txt exists.*--folder"),
    ],
)
def test_a_list_of_nothing_is_refused(here: Path, content: str, found: str) -> None:
    (here / "list.txt").write_text(content)

    with pytest.raises(DataError, match=found):
        list(names_on_lines(Path("list.txt"), Naming()))


def test_a_list_that_is_not_there_is_refused() -> None:
    with pytest.raises(DataError, match=r"list no\.txt cannot be read"):
        list(names_on_lines(Path("no.txt"), Naming()))


# --- a table ------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["image_id", "File", "path", "ID"])
def test_photos_are_in_the_first_column_that_is_called_so(
    here: Path, title: str
) -> None:
    (here / "x.csv").write_text(f"breed,{title},name\na,1,9\nb,2,8\nc,,\n")

    names = names_in_table(Path("x.csv"), None, Naming(Path(), ".jpg"))

    assert list(names) == ["1.jpg", "2.jpg"]


def test_a_column_that_must_hold_photos_comes_before_one_that_may(here: Path) -> None:
    (here / "x.csv").write_text("id,name,image\n7,Rex,1.jpg\n8,Lad,2.jpg\n")

    assert list(names_in_table(Path("x.csv"), None, Naming())) == ["1.jpg", "2.jpg"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_other_signs_between_columns_are_found(here: Path, encoding: str) -> None:
    content = "label;file\ncat, small;1.jpg\ndog;2.jpg\n".encode(encoding)
    (here / "x.csv").write_bytes(content)

    assert list(names_in_table(Path("x.csv"), None, Naming())) == ["1.jpg", "2.jpg"]


def test_a_column_can_be_named(here: Path) -> None:
    (here / "x.csv").write_text("id,where\n7,1.jpg\n8, 2.jpg\n")

    assert list(names_in_table(Path("x.csv"), "where", Naming())) == ["1.jpg", "2.jpg"]


def test_names_are_read_as_our_own_tables_write_them(here: Path) -> None:
    (here / "=1.jpg").touch()
    (here / "x.csv").write_text("file,label\n'=1.jpg,cat\ncaf\\udce9.jpg,dog\n")

    names = names_in_table(Path("x.csv"), None, Naming())

    assert list(names) == ["=1.jpg", os.fsdecode(b"caf\xe9.jpg")]


@pytest.mark.parametrize(
    ("content", "column", "found"),
    [
        ("id,label\n1,a\n", "image", "no column 'image'.*'id', 'label'"),
        ("what,label\n1,a\n", None, "no column that is called.*--column"),
        ("", None, "no column that is called"),
        ("id,label\n", None, "no photos in x.csv"),
        (
            "id,label\n1,a\n",
            None,
            r"taken for 1. There is one with .jpg.*--suffix .jpg\.",
        ),
        ("id,where\nx,1.jpg\n", None, r"--suffix.*names; or --column with another"),
    ],
)
def test_a_table_without_photos_is_refused(
    here: Path, content: str, column: str | None, found: str
) -> None:
    (here / "x.csv").write_text(content)

    with pytest.raises(DataError, match=found):
        list(names_in_table(Path("x.csv"), column, Naming()))


# --- all of them --------------------------------------------------------------------


def test_paths_come_first_then_the_list_then_the_table_each_photo_once(
    here: Path,
) -> None:
    (here / "list.txt").write_text("1.jpg\ntest/3.jpg\n")
    (here / "x.csv").write_text("file\n1.jpg\n4.jpg\n")

    sources = PhotoSources([Path("2.jpg")], Path("list.txt"), Path("x.csv"))

    assert list(sources.photos()) == ["2.jpg", "1.jpg", "test/3.jpg", "4.jpg"]
    assert sources.files == [Path("list.txt"), Path("x.csv")]


def test_options_with_nothing_to_go_with_are_refused() -> None:
    with pytest.raises(PlanError, match="No photos are named"):
        PhotoSources()
    with pytest.raises(PlanError, match="--from-csv FILE"):
        PhotoSources([Path("a")], column="id")
    with pytest.raises(PlanError, match="--list or --from-csv"):
        PhotoSources([Path("a")], naming=Naming(Path(), ".jpg"))
