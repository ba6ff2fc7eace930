"""Mirrors src/unfreeze/data/tables.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import ImageIndex
from unfreeze.data.label_table import written_table
from unfreeze.data.table_columns import Choice
from unfreeze.data.tables import PhotoNames, TableIndex, index_table, open_table
from unfreeze.errors import DataError, PlanError

NAMING = PhotoNames("train", ".jpg")
TITLED = Choice(has_titles=True)


def _table(
    root: Path, text: str, choice: Choice = TITLED, **words: object
) -> TableIndex:
    """Write ``text`` as a table beside images a.jpg to d.jpg, and index it."""
    (root / "train").mkdir(exist_ok=True)
    for stem in "abcd":
        (root / f"train/{stem}.jpg").touch()
    table = root / "labels.csv"
    table.write_bytes(text.encode())
    found = open_table(root, written_table(table), NAMING, choice)
    return index_table(root, found, NAMING, **words)  # type: ignore[arg-type]


def _index(root: Path, text: str, **words: object) -> ImageIndex:
    return _table(root, text, **words).index  # type: ignore[arg-type]


def test_one_label_per_row_gives_class_numbers(tmp_path: Path) -> None:
    index = _index(tmp_path, "id,breed\nb,pug\na,boxer\nc,pug\n")

    assert index.classes == ("boxer", "pug")
    assert index.labels.tolist() == [1, 0, 1]
    assert index.labels.dtype == np.int64
    assert list(index.names) == ["train/b.jpg", "train/a.jpg", "train/c.jpg"]
    assert index.sources[1] == tmp_path / "train/a.jpg"


def test_several_labels_in_any_row_give_rows_of_ones(tmp_path: Path) -> None:
    index = _index(tmp_path, "image,tags\na,clear water\nb,clear\nc,\n")

    assert index.classes == ("clear", "water")
    assert index.is_multi
    assert index.labels.tolist() == [[1, 1], [1, 0], [0, 0]]
    assert index.labels.dtype == np.float32


def test_without_separator_labels_keep_their_spaces(tmp_path: Path) -> None:
    index = _index(tmp_path, "id,breed\na,great dane\nb,pug\n", label_separator=None)

    assert index.classes == ("great dane", "pug")
    assert index.labels.tolist() == [0, 1]


def test_another_separator_is_honoured(tmp_path: Path) -> None:
    index = _index(tmp_path, "i,t\na,old town| river\nb,river\n", label_separator="|")

    assert index.classes == ("old town", "river")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffid,breed\na,pug\nb,boxer\n",
        'id,breed\r\n"a","pug"\r\n"b","boxer"\r\n',
        "id,breed\n\na,pug\n  \nb,boxer\n\n\n",
        "id,breed,note\n a , pug ,x\nb,boxer,\n",
        "id,breed\na,pug\nb,boxer",
    ],
    ids=["byte order mark", "quotes and CRLF", "blank lines", "spaces", "no last end"],
)
def test_what_spreadsheets_write_is_understood(tmp_path: Path, text: str) -> None:
    index = _index(tmp_path, text)

    assert list(index.names) == ["train/a.jpg", "train/b.jpg"]
    assert index.classes == ("boxer", "pug")


def test_a_table_without_titles_keeps_its_first_row(tmp_path: Path) -> None:
    table = _table(tmp_path, "a,pug\nb,boxer\n", Choice(has_titles=False))

    assert len(table.index) == 2


def test_a_first_row_that_names_an_image_is_not_taken_for_titles(
    tmp_path: Path,
) -> None:
    with pytest.raises(DataError, match=r"names an image, 'a'.*skip_header=False"):
        _index(tmp_path, "a,pug\nb,boxer\n")


def test_a_repeated_row_counts_once_where_it_stands_first(tmp_path: Path) -> None:
    text = "id,breed\nb,pug\na,boxer\nb,pug\n./b,pug\n"

    table = _table(tmp_path, text)

    assert list(table.index.names) == ["train/b.jpg", "train/a.jpg"]
    assert table.index.labels.tolist() == [1, 0]
    assert table.num_repeated == 2


def test_the_same_labels_in_another_order_are_repeated(tmp_path: Path) -> None:
    table = _table(tmp_path, "id,tags\na,road snow\na,snow road\nb,road\n")

    assert table.index.labels.tolist() == [[1, 1], [1, 0]]


def test_groups_stay_with_their_photos_where_rows_are_repeated(tmp_path: Path) -> None:
    text = "id,breed,dog\nb,pug,rex\na,boxer,\nb,pug,rex\nc,pug,lad\n"

    table = _table(tmp_path, text)

    groups = {"train/b.jpg": "rex", "train/a.jpg": None, "train/c.jpg": "lad"}
    assert table.groups("dog") == groups
    assert table.groups("owner") is None


def test_a_photo_in_two_groups_is_refused(tmp_path: Path) -> None:
    table = _table(tmp_path, "id,breed,dog\nb,pug,rex\nb,pug,lad\n")

    with pytest.raises(DataError, match=r"'dog' is 'rex' and 'lad'"):
        table.groups("dog")


def test_groups_that_nobody_names_are_refused(tmp_path: Path) -> None:
    table = _table(tmp_path, "name,label,patient\na,x,\nb,y, \n")

    with pytest.raises(PlanError, match=r"'patient' of .* is blank in all 2 rows"):
        table.groups("patient")


def test_titles_choose_the_columns(tmp_path: Path) -> None:
    index = _index(tmp_path, "row,split,label,image\n1,train,pug,a\n2,valid,boxer,b\n")

    assert index.classes == ("boxer", "pug")
    assert list(index.names) == ["train/a.jpg", "train/b.jpg"]


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no rows"):
        _index(tmp_path, "id,breed\n")


def test_a_missing_table_and_a_binary_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv cannot be read: No such file"):
        written_table(tmp_path / "gone.csv")
    (tmp_path / "binary.csv").write_bytes(b"id,\xff\xfe\x00")
    with pytest.raises(DataError, match=r"not a CSV file in UTF-8"):
        written_table(tmp_path / "binary.csv")


def test_an_open_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not a CSV file"):
        _index(tmp_path, 'id,breed\na,"pug\nb,boxer\n')
