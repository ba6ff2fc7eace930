"""Mirrors src/unfreeze/runs/table_as_learned.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from unfreeze.errors import DataError
from unfreeze.runs.table_as_learned import as_learned
from unfreeze.runs.table_photos import Table, as_decided, index_known_table

MakeTable: TypeAlias = Callable[[list[str]], Table]


@pytest.mark.parametrize(("said", "learned"), [(";", " "), (None, ";")])
def test_labels_are_parted_as_the_table_says_or_else_as_the_model_learned(
    make_table: MakeTable, tmp_path: Path, said: str | None, learned: str
) -> None:
    table = replace(make_table(["old town;river", "river"]), label_separator=said)
    read = as_learned(tmp_path, table, {"label_separator": learned}, is_multi=True)

    index = index_known_table(tmp_path, read, ("old town", "river"), is_multi=True)

    assert index.labels is not None
    assert index.labels.tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("learned", "cells"),
    [(";", ["old town;", "river;"]), (" ", ["old town", "river"]), (None, ["river"])],
)
def test_one_label_is_parted_as_the_model_learned_unless_at_a_blank(
    make_table: MakeTable, tmp_path: Path, learned: str | None, cells: list[str]
) -> None:
    """Headers of older runs hold a blank, which nobody had asked for."""
    table = make_table(cells)
    read = as_learned(tmp_path, table, {"label_separator": learned}, is_multi=False)

    index = index_known_table(tmp_path, read, ("old town", "river"), is_multi=False)

    assert index.labels is not None
    assert index.labels.tolist() == [0, 1][-len(cells) :]


_WIDE = "shot,label,reviewed,patient\n1.jpg,cat,dog,x\n2.jpg,dog,cat,y\n"
_LEARNED = {"file_column": "shot", "label_column": "reviewed", "group_by": "patient"}


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ({}, ("shot", "reviewed", "patient")),
        ({"label_column": "label"}, ("shot", "label", "patient")),
        ({"label_column": "patient"}, ("shot", "patient", None)),
        ({"file_column": "reviewed"}, ("reviewed", None, "patient")),
    ],
)
def test_columns_are_those_that_the_model_learned_from_unless_said(
    tmp_path: Path, words: dict[str, Any], columns: tuple[str | None, ...]
) -> None:
    (tmp_path / "t.csv").write_text(_WIDE)

    table = as_learned(
        tmp_path, Table("t.csv", **words), _LEARNED, is_multi=False
    ).table

    assert (table.file_column, table.label_column, table.group_by) == columns


def test_titles_are_not_looked_for_where_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("shot,reviewed\n1.jpg,cat\n")

    read = as_learned(
        tmp_path, Table("t.csv", no_header=True), _LEARNED, is_multi=False
    )

    assert (read.table.file_column, read.table.label_column) == (None, None)
    assert [row.label for row in read.found.rows] == ["reviewed", "cat"]


def test_columns_that_a_table_lacks_are_chosen_by_titles(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,kind\n1.jpg,cat\n")

    read = as_learned(tmp_path, Table("t.csv"), _LEARNED, is_multi=False)

    assert (read.table.file_column, read.table.label_column) == (None, None)
    assert [row.label for row in read.found.rows] == ["cat"]
    with pytest.raises(DataError, match=r"no table lost\.csv"):
        as_learned(tmp_path, Table("lost.csv"), _LEARNED, is_multi=False)


_EACH = {"file_column": "shot", "label_column": ["cat", "dog"], "label_separator": ""}


def _labels(root: Path, text: str, *, is_multi: bool, **words: object) -> object:
    """Labels of photos 1.jpg and 2.jpg as a model of one column a class reads them."""
    for name in ("1.jpg", "2.jpg"):
        (root / name).touch()
    (root / "t.csv").write_text(text)
    read = as_learned(root, Table("t.csv", **words), _EACH, is_multi=is_multi)
    index = index_known_table(root, read, ("bird", "cat", "dog"), is_multi=is_multi)
    assert index.labels is not None
    return index.labels.tolist()


def test_a_column_for_each_class_is_read_by_the_titles_that_were_learned(
    tmp_path: Path,
) -> None:
    text = "age,dog,shot,cat\n9,1,1.jpg,0\n8,0,2.jpg,1\n"

    assert _labels(tmp_path, text, is_multi=False) == [2, 1]
    assert _labels(tmp_path, text, is_multi=True) == [[0, 0, 1], [0, 1, 0]]
    both = text.replace("8,0", "8,1")
    assert _labels(tmp_path, both, is_multi=True) == [[0, 0, 1], [0, 1, 1]]
    with pytest.raises(DataError, match="this model knows one for each"):
        _labels(tmp_path, both, is_multi=False)


def test_a_photo_of_no_class_is_one_of_several_labels_alone(tmp_path: Path) -> None:
    text = "shot,cat,dog\n1.jpg,1,0\n2.jpg,0,0\n"

    assert _labels(tmp_path, text, is_multi=True) == [[0, 1, 0], [0, 0, 0]]
    with pytest.raises(DataError, match=r"no label for '2\.jpg'"):
        _labels(tmp_path, text, is_multi=False)


def test_a_class_whose_column_is_missing_is_not_taken_for_unseen(
    tmp_path: Path,
) -> None:
    text = "shot,cat,bird\n1.jpg,1,0\n2.jpg,0,1\n"

    with pytest.raises(DataError, match=r"for 'cat', and none for 'dog'.*name the oth"):
        _labels(tmp_path, text, is_multi=True)
    said = ("cat", "bird")
    assert _labels(tmp_path, text, is_multi=False, label_column=said) == [1, 0]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [("cat;dog dog", [[0, 1, 1], [0, 0, 1]]), ("cat dog", [[0, 1, 0], [0, 0, 1]])],
)
def test_labels_in_cells_are_read_as_the_table_looks(
    tmp_path: Path, cells: str, labels: list[list[int]]
) -> None:
    first, second = cells.split(" ")
    text = f"file,label\n1.jpg,{first}\n2.jpg,{second}\n"

    assert _labels(tmp_path, text, is_multi=True) == labels


def test_nothing_stands_between_labels_in_columns_of_their_own(tmp_path: Path) -> None:
    text = "shot,cat,dog\n1.jpg,1,0\n2.jpg,0,1\n"

    with pytest.raises(DataError, match=r"--label-separator ';' says .*Leave it out"):
        _labels(tmp_path, text, is_multi=True, label_separator=";")


_NAMED = {"folder": "tiles", "suffix": ".jpg", "no_header": True}


def _photos_read(root: Path, text: str, **words: object) -> list[str]:
    """Paths of photos as a model reads them whose table had no titles."""
    (root / "t.csv").write_text(text)
    table = Table("t.csv", **words)  # type: ignore[arg-type]
    read = as_learned(root, table, _NAMED, is_multi=False)
    return [read.table.names.path(row.photo) for row in read.found.rows]


def test_photos_are_looked_for_where_and_by_the_names_that_were_learned(
    tmp_path: Path,
) -> None:
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles/1.jpg").touch()
    text = "image,cat\n1,dog\n"

    assert _photos_read(tmp_path, text) == ["tiles/image.jpg", "tiles/1.jpg"]


@pytest.mark.parametrize(
    ("photo", "cell", "found"),
    [
        ("tiles/1.jpg", "1.jpg", "tiles/1.jpg"),
        ("1.jpg", "1", "1.jpg"),
        ("1.png", "1.png", "1.png"),
        ("other/1.jpg", "1", "tiles/1.jpg"),
    ],
    ids=["no suffix", "no folder", "neither", "not found at all"],
)
def test_photos_that_are_found_only_otherwise_are_read_otherwise(
    tmp_path: Path, photo: str, cell: str, found: str
) -> None:
    (tmp_path / photo).parent.mkdir(exist_ok=True)
    (tmp_path / photo).touch()

    assert _photos_read(tmp_path, f"{cell},dog\n") == [found]


def test_what_is_said_of_names_comes_before_what_was_learned(tmp_path: Path) -> None:
    text = "image,kind\n1,dog\n"

    assert _photos_read(tmp_path, text, folder="", suffix="") == ["image", "1"]
    assert _photos_read(tmp_path, text, suffix=".png")[1] == "tiles/1.png"
    titled = _photos_read(tmp_path, text, label_column="kind")
    assert titled == _photos_read(tmp_path, text, no_header=False) == ["tiles/1.jpg"]


def test_titles_that_are_known_are_titles_whatever_was_learned(tmp_path: Path) -> None:
    assert _photos_read(tmp_path, "image,label\n1,dog\n") == ["tiles/1.jpg"]


@pytest.mark.parametrize("learned", [{}, {"folder": None, "suffix": None}])
def test_older_runs_say_nothing_of_names(
    tmp_path: Path, learned: dict[str, None]
) -> None:
    (tmp_path / "t.csv").write_text("file,label\n1.jpg,dog\n")

    read = as_learned(tmp_path, Table("t.csv"), learned, is_multi=False)

    assert read.table == Table("t.csv", folder="", suffix="", no_header=False)


def test_classes_that_a_model_knows_may_be_any_numbers(tmp_path: Path) -> None:
    """In training these would be refused as measurements."""
    rows = [f"{number}.jpg,{number}" for number in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["file,years", *rows]))

    read = as_learned(tmp_path, Table("t.csv"), {}, is_multi=False)

    assert len(read.found.rows) == 40
    with pytest.raises(DataError, match="look like measurements"):
        as_decided(tmp_path, Table("t.csv"))
