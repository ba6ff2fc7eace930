"""Mirrors src/unfreeze/data/class_columns.py."""

from pathlib import Path

import pytest

from unfreeze.data.label_table import LabelTable, label_table, written_table
from unfreeze.data.table_columns import Choice
from unfreeze.errors import DataError

CATS = "image,cat,dog,bird\na,1,0,0\nb,0,1,0\nc,0,0,1\n"


def _read(root: Path, text: str, **choice: object) -> LabelTable:
    path = root / "labels.csv"
    path.write_text(text)
    chosen = Choice(**choice)  # type: ignore[arg-type]
    return label_table(written_table(path), chosen, {"a", "b", "c"}.__contains__)


def _tags(table: LabelTable) -> list[tuple[str, ...] | None]:
    return [row.tags for row in table.rows]


@pytest.mark.parametrize(
    "text",
    [
        CATS,
        "image,cat,dog,bird\na,1.0,0.0,0\nb,0.0,1.0,0\nc,0.0,0.0,1\n",
        "image,cat,dog,bird\na,True,False,False\nb,False,TRUE,no\nc,no,no,yes\n",
        "fold,cat,,dog,bird,image\n1,1,7,0,0,a\n0,0,8,1,0,b\n1,0,9,0,1,c\n",
    ],
    ids=["whole", "as pandas writes gaps", "words", "other columns"],
)
def test_columns_of_0_and_1_beside_that_of_photos_are_a_class_each(
    tmp_path: Path, text: str
) -> None:
    assert _tags(_read(tmp_path, text)) == [("cat",), ("dog",), ("bird",)]


def test_a_photo_may_have_several_labels_or_none(tmp_path: Path) -> None:
    table = _read(tmp_path, "image,cat,dog\na,1,1\nb,0,0\nc,0,1\n")

    assert _tags(table) == [("cat", "dog"), (), ("dog",)]


def test_columns_are_taken_as_they_are_named(tmp_path: Path) -> None:
    text = "image,age,cat,dog,male\na,9,1,0,1\nb,8,0,1,0\n"

    table = _read(tmp_path, text, labels=("dog", "cat"))

    assert _tags(table) == [("cat",), ("dog",)]
    with pytest.raises(DataError, match=r"no column 'bird'.*--label-column"):
        _read(tmp_path, text, labels=("cat", "bird"))
    with pytest.raises(DataError, match=r"cannot hold both the names"):
        _read(tmp_path, text, photos="cat", labels=("cat", "dog"))
    with pytest.raises(DataError, match=r"no column is called 'cat'"):
        _read(tmp_path, "a,1,0\nb,0,1\n", labels=("cat", "dog"))


@pytest.mark.parametrize(
    "text",
    [
        "image,cat,dog,age\na,1,0,9\nb,0,1,8\n",
        "image,cat,dog,sex\na,1,0,f\nb,0,1,\n",
    ],
)
def test_columns_beside_others_are_not_guessed_and_the_way_is_told(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(DataError) as refusal:
        _read(tmp_path, text)

    assert "several columns that may hold labels, 'cat', 'dog'," in str(refusal.value)
    assert "once for each column of 0 and 1" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("image,is_cat\na,1\nb,0\n", None),
        ("image,cat,target\na,1,0\nb,0,1\n", None),
        ("image,cat,dog\na,1,0\nb,0,1\n", "cat"),
    ],
)
def test_a_single_column_of_0_and_1_has_the_classes_0_and_1(
    tmp_path: Path, text: str, labels: str | None
) -> None:
    table = _read(tmp_path, text, labels=labels)

    assert {row.label for row in table.rows} == {"0", "1"}
    assert _tags(table) == [None, None]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ("1.0,\nb,0,1\nc,1,\n", "2 cells .* nothing under 'dog' in line 2"),
        ("1,-1\nb,0,1\n", "1 cell .* '-1' under 'dog' in line 2"),
        ("1,0\nb,0,-1.0\n", "1 cell .* '-1.0' under 'dog' in line 3"),
        ("1\nb,0,1\n", "1 cell .* nothing under 'dog' in line 2"),
    ],
)
def test_what_is_neither_0_nor_1_is_refused_with_what_to_do(
    tmp_path: Path, cells: str, found: str
) -> None:
    with pytest.raises(DataError, match=rf"{found}.*Write 1 where a photo shows"):
        _read(tmp_path, f"image,cat,dog\na,{cells}")


def test_columns_that_are_named_hold_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'9' under 'age' in line 2"):
        _read(tmp_path, "image,cat,age\na,1,9\nb,0,8\n", labels=("cat", "age"))


def test_two_columns_of_one_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"two columns called 'cat'"):
        _read(tmp_path, "image,cat,cat\na,1,0\nb,0,1\n")


def test_without_titles_nobody_knows_the_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Add a row of titles.*'file,cat,dog'"):
        _read(tmp_path, "a,1,0\nb,0,1\n")
