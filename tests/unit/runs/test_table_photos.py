"""Mirrors src/unfreeze/runs/table_photos.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from unfreeze.data.label_table import written_table
from unfreeze.errors import DataError
from unfreeze.runs.table_photos import (
    ReadTable,
    Table,
    as_decided,
    index_known_table,
    read_table,
    table_at,
)

MakeTable: TypeAlias = Callable[[list[str]], Table]


def _read(root: Path, table: Table) -> ReadTable:
    return read_table(root, table, written_table(root / table.csv))


def test_a_table_is_found_beside_the_photos_or_where_it_is(
    make_table: MakeTable, tmp_path: Path
) -> None:
    make_table(["a", "b"])
    table = tmp_path / "labels.csv"

    assert table_at(tmp_path, "labels.csv") == table
    assert table_at(tmp_path / "tiles", str(table)) == table
    with pytest.raises(DataError, match=r"no table other\.csv"):
        table_at(tmp_path, "other.csv")


def test_labels_are_matched_by_name(make_table: MakeTable, tmp_path: Path) -> None:
    table = make_table(["snow road", "road", ""])

    index = index_known_table(
        tmp_path, _read(tmp_path, table), ("clear", "road", "snow"), is_multi=True
    )

    assert index.classes == ("clear", "road", "snow")
    assert index.labels is not None
    assert index.labels.tolist() == [[0, 1, 1], [0, 1, 0], [0, 0, 0]]


def test_a_table_of_single_labels_suits_either_kind_of_model(
    make_table: MakeTable, tmp_path: Path
) -> None:
    table = make_table(["snow", "road", "snow"])

    def labels(is_multi: bool) -> object:
        index = index_known_table(
            tmp_path,
            _read(tmp_path, table),
            ("clear", "road", "snow"),
            is_multi=is_multi,
        )
        assert index.labels is not None
        return index.labels.tolist()

    assert labels(False) == [2, 1, 2]
    assert labels(True) == [[0, 0, 1], [0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("labels", "rows"), [(["snow", ""], [[0, 1], [0, 0]]), ([""], [[0, 0]])]
)
def test_a_photo_may_show_none_of_several_labels_whatever_the_others_show(
    make_table: MakeTable, tmp_path: Path, labels: list[str], rows: list[list[int]]
) -> None:
    table = make_table(labels)

    index = index_known_table(
        tmp_path, _read(tmp_path, table), ("road", "snow"), is_multi=True
    )

    assert index.labels is not None
    assert index.labels.tolist() == rows
    with pytest.raises(DataError, match=r"no label for '[01]'"):
        index_known_table(
            tmp_path, _read(tmp_path, table), ("road", "snow"), is_multi=False
        )


@pytest.mark.parametrize(
    ("labels", "is_multi", "message"),
    [
        (["snow fog", "road"], True, r"labels 'fog'.*not among the classes"),
        (["snow road", "road"], False, r"labels 'snow road'.*not among the classes"),
    ],
)
def test_a_table_that_does_not_suit_the_model_is_refused(
    make_table: MakeTable,
    tmp_path: Path,
    labels: list[str],
    is_multi: bool,
    message: str,
) -> None:
    table = make_table(labels)

    with pytest.raises(DataError, match=message):
        index_known_table(
            tmp_path, _read(tmp_path, table), ("road", "snow"), is_multi=is_multi
        )


def test_several_labels_are_refused_where_the_model_gives_one(
    make_table: MakeTable, tmp_path: Path
) -> None:
    table = replace(make_table(["snow road", "road"]), label_separator=" ")

    with pytest.raises(DataError, match="this model knows one for each"):
        index_known_table(
            tmp_path, _read(tmp_path, table), ("road", "snow"), is_multi=False
        )


def test_one_label_may_have_spaces(make_table: MakeTable, tmp_path: Path) -> None:
    table = make_table(["old town", "river"])

    index = index_known_table(
        tmp_path, _read(tmp_path, table), ("old town", "river"), is_multi=False
    )

    assert index.labels is not None
    assert index.labels.tolist() == [0, 1]


def test_what_parts_labels_is_guessed_where_nobody_says(
    make_table: MakeTable, tmp_path: Path
) -> None:
    table = make_table(["old town;river", "river"])

    def parted(table: Table) -> str | None:
        return as_decided(tmp_path, table).table.label_separator

    assert parted(table) == ";"
    assert parted(replace(table, label_separator="")) == ""
    assert parted(make_table(["old town", "river"])) == ""


_WIDE = "shot,label,reviewed,patient\n1.jpg,cat,dog,x\n2.jpg,dog,cat,y\n"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (_WIDE, ("shot", "label")),
        ("label,file\ncat,1.jpg\n", ("file", "label")),
        ("x,x\n1.jpg,cat\n", ("x", None)),
        ("1.jpg,cat\n2.jpg,dog\n", (None, None)),
    ],
    ids=["first title", "known titles", "one title twice", "no titles"],
)
def test_columns_that_are_chosen_are_named_where_a_title_leads_there(
    tmp_path: Path, text: str, columns: tuple[str | None, str | None]
) -> None:
    (tmp_path / "t.csv").write_text(text)

    table = as_decided(tmp_path, Table("t.csv")).table

    assert (table.file_column, table.label_column) == columns
    rows = _read(tmp_path, Table("t.csv")).found.rows
    assert _read(tmp_path, table).found.rows == rows


def test_columns_are_chosen_as_the_table_says(
    make_table: MakeTable, tmp_path: Path
) -> None:
    table = replace(make_table(["x", "y"]), file_column="tags", label_column="name")

    rows = _read(tmp_path, table).found.rows

    assert [(row.photo, row.label) for row in rows] == [("x", "0"), ("y", "1")]
    bare = _read(tmp_path, replace(make_table(["x"]), no_header=True))
    assert [row.label for row in bare.found.rows] == ["tags", "x"]
