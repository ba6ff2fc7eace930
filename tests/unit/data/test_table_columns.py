"""Mirrors src/unfreeze/data/table_columns.py."""

from collections.abc import Container, Sequence
from pathlib import Path

import pytest

from unfreeze.data.table_columns import (
    Choice,
    Columns,
    chosen_columns,
    has_titles,
    photo_column,
    places_for_labels,
)
from unfreeze.errors import DataError

TABLE = Path("labels.csv")


def _columns(
    titles: Sequence[str] | None, choice: Choice, seen: Container[int] = ()
) -> Columns:
    """Choose columns where those of ``seen`` name photos that exist."""
    width = len(titles or "abc")
    return chosen_columns(titles, choice, TABLE, seen.__contains__, width)


def _chosen(titles: str, seen: Container[int] = (), **choice: str) -> tuple[str, str]:
    """Titles of the columns of photos and of labels."""
    names = titles.split(",")
    columns = _columns(names, Choice(**choice), seen)  # type: ignore[arg-type]
    return names[columns.photos], names[columns.labels[0]]


@pytest.mark.parametrize(
    ("titles", "photos", "labels"),
    [
        # of Kaggle: dog breeds, satellite photos, melanoma, diabetic retinopathy
        ("id,breed", "id", "breed"),
        ("image_name,tags", "image_name", "tags"),
        ("image_name,patient_id,sex,target", "image_name", "target"),
        ("image,level", "image", "level"),
        ("file,split,label", "file", "label"),
        ("label,File Name", "File Name", "label"),
        ("id,image,label", "image", "label"),
        (",photo,what", "photo", "what"),
        ("file,fold,what", "file", "what"),
        ("id,image,what", "image", "what"),
        ("x,y", "x", "y"),
        ("label,x", "x", "label"),
        # of Kaggle's 525 birds, and as pandas numbers rows
        ("class id,filepaths,labels,data set", "filepaths", "labels"),
        ("Unnamed: 0,x,what", "x", "what"),
    ],
)
def test_titles_choose_columns_and_else_their_order(
    titles: str, photos: str, labels: str
) -> None:
    assert _chosen(titles) == (photos, labels)


@pytest.mark.parametrize(
    ("titles", "seen", "photos", "labels"),
    [
        ("cls,where", {1}, "where", "cls"),
        ("id,where,label", {1}, "where", "label"),
        ("id,where,label", {0, 1}, "id", "label"),
        ("image_id,filepath,label", {1}, "filepath", "label"),
        (",where,label", {0, 1}, "", "label"),
        # of what has a surer title, or another meaning
        ("image,mask,label", {1}, "image", "label"),
        ("fold,where,label", {0, 1}, "where", "label"),
        ("where,label", {1}, "where", "label"),
        ("image_id,filepath,label", (), "image_id", "label"),
    ],
)
def test_a_column_that_names_existing_photos_is_found(
    titles: str, seen: Container[int], photos: str, labels: str
) -> None:
    assert _chosen(titles, seen) == (photos, labels)


def test_a_column_of_groups_names_no_photos() -> None:
    assert _chosen("pair,where,label", {0, 1}, groups="pair") == ("where", "label")


@pytest.mark.parametrize(
    ("seen", "photos", "labels"), [((), 0, 1), ({0, 1}, 0, 1), ({1, 2}, 1, 2)]
)
def test_without_titles_labels_stand_behind_existing_photos(
    seen: Container[int], photos: int, labels: int
) -> None:
    columns = _columns(None, Choice(), seen)

    assert (columns.photos, columns.labels) == (photos, (labels,))


def test_two_columns_without_titles_may_be_the_other_way_round() -> None:
    columns = chosen_columns(None, Choice(), TABLE, {1}.__contains__, 2)

    assert (columns.photos, columns.labels) == (1, (0,))


def test_photos_behind_several_columns_without_titles_are_refused() -> None:
    with pytest.raises(DataError, match=r"last column names photos.*row of titles"):
        _columns(None, Choice(), {2})


def test_columns_can_be_named() -> None:
    assert _chosen("a,file,label,b", photos="a", labels="b") == ("a", "b")
    assert _chosen("file,split", labels="split") == ("file", "split")


def test_a_column_of_groups_holds_no_labels() -> None:
    assert _chosen("file,patient,finding", groups="patient") == ("file", "finding")


@pytest.mark.parametrize(
    ("titles", "choice", "found"),
    [
        ("file,split", {}, "none that is called label.*--label-column TITLE"),
        ("file,fold,id", {}, "'fold' is taken for the side of a split"),
        ("file,label", {"labels": "breed"}, "no column 'breed'.*--label-column"),
        ("file,label", {"photos": "img"}, "no column 'img'.*--file-column"),
        ("file,label", {"labels": "file"}, "'file' .* cannot hold both"),
    ],
)
def test_a_table_without_such_columns_is_refused(
    titles: str, choice: dict[str, str], found: str
) -> None:
    with pytest.raises(DataError, match=found):
        _chosen(titles, **choice)


def test_columns_without_titles_have_no_names() -> None:
    columns = _columns(None, Choice())

    assert (columns.photos, columns.labels, columns.splits) == (0, (1,), [])
    with pytest.raises(DataError, match=r"no titles in its first row.*'breed'"):
        _columns(None, Choice(labels="breed"))


def test_columns_that_say_how_photos_are_split_are_known() -> None:
    columns = _columns(["file", "Fold", "label"], Choice())

    assert columns.splits == ["Fold"]


@pytest.mark.parametrize(
    ("first", "photo", "expected"),
    [
        ("file,label", "none", True),
        ("x,y", "none", True),
        ("image,label", "image", True),  # both titles are known
        ("1.jpg,cat", "none", False),  # whether or not it is there
        ("0,1.jpg,cat", "none", False),
        ("1,cat", "1", False),
        ("cat,1", "1", False),
        ("name,height", "none", True),
    ],
)
def test_a_first_row_holds_titles_unless_it_names_a_photo(
    first: str, photo: str, expected: bool
) -> None:
    assert has_titles(first.split(","), TABLE, photo.__eq__) == expected


def test_a_first_row_that_can_be_both_is_refused() -> None:
    with pytest.raises(DataError, match=r"photo called 'image', too.*--no-header"):
        has_titles(["image", "cat"], TABLE, "image".__eq__)


def test_photos_and_places_for_labels_are_told_by_titles() -> None:
    assert photo_column(["what"]) is None
    assert places_for_labels(["file", "a", "", "Split", "g", "b"], 0, "g") == [1, 5]
