"""Mirrors src/unfreeze/front/photo_lists.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import ImageIndex
from unfreeze.data.label_table import written_table
from unfreeze.data.splits import get_cv_idxs
from unfreeze.data.table_columns import Choice
from unfreeze.data.tables import PhotoNames, TableIndex, index_table, open_table
from unfreeze.errors import DataError, PlanError
from unfreeze.front.photo_lists import (
    existing,
    flat_test,
    groups_in_table,
    require_rows_once,
    sides_in_folders,
    sides_of_rows,
)


@pytest.fixture
def whole() -> ImageIndex:
    """Ten arrays, which need not be read."""
    pixels = np.zeros((10, 4, 4, 3), dtype=np.uint8)
    return ImageIndex(Path(), ("even", "odd"), pixels, np.arange(10) % 2)


def test_chosen_rows_are_held_out_in_their_order_in_the_index(
    whole: ImageIndex,
) -> None:
    sides = sides_of_rows(whole, [7, 2], None)

    assert sides.valid.labels is not None
    assert sides.train.labels is not None
    assert sides.valid.labels.tolist() == [0, 1]
    assert sides.train.labels.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]


def test_unless_rows_are_chosen_they_are_the_lessons(whole: ImageIndex) -> None:
    sides = sides_of_rows(whole, None, None)

    assert sides.valid.labels is not None
    assert sides.valid.labels.tolist() == [n % 2 for n in sorted(get_cv_idxs(10))]


@pytest.mark.parametrize("val_idxs", [[10], [-1]])
def test_rows_that_do_not_exist_are_refused(
    whole: ImageIndex, val_idxs: list[int]
) -> None:
    with pytest.raises(PlanError, match="row numbers from 0 to 9"):
        sides_of_rows(whole, val_idxs, None)


@pytest.mark.parametrize("val_idxs", [[], list(range(10))])
def test_a_side_without_photos_is_refused(
    whole: ImageIndex, val_idxs: list[int]
) -> None:
    with pytest.raises(PlanError, match=r"val_idxs hold out \d+ of 10 photos"):
        sides_of_rows(whole, val_idxs, None)


def test_folders_share_the_classes_of_training(photos: Path) -> None:
    sides = sides_in_folders(photos, ("train", "valid", "valid"), test_with_labels=True)

    for side, count in ((sides.train, 36), (sides.valid, 18), (sides.test, 18)):
        assert side is not None
        assert side.classes == ("circles", "squares", "stripes")
        assert side.labels is not None
        assert len(side) == count
    assert sides.grouping is None


def test_groups_are_found_below_the_folder_of_both_sides(photos: Path) -> None:
    sides = sides_in_folders(
        photos, ("train", "valid", None), group_by=r"^(train|valid)/"
    )

    assert sides.grouping is not None
    assert (sides.grouping.num_groups, sides.grouping.straddling) == (2, ())


def test_a_missing_folder_is_named_beside_those_that_are_there(photos: Path) -> None:
    with pytest.raises(DataError, match=r"no folder 'dev'.*'train', 'valid'"):
        existing(photos, "dev")
    with pytest.raises(DataError, match=r"no folder .*nowhere\. Check the path"):
        existing(photos / "nowhere", "train")


def test_test_photos_have_no_labels(photos: Path, whole: ImageIndex) -> None:
    assert flat_test(photos, None, whole) is None
    test = flat_test(photos / "valid", "circles", whole)

    assert test is not None
    assert (test.labels, len(test)) == (None, 6)


def _indexed(table: Path, choice: Choice, naming: PhotoNames) -> TableIndex:
    root = table.parent
    return index_table(
        root, open_table(root, written_table(table), naming, choice), naming
    )


@pytest.mark.parametrize(
    ("group_by", "has_titles", "expected"),
    [
        ("patient", True, {"a1.png": "x", "b1.png": "y"}),
        (r"([ab])\d", True, {"a1.png": "a", "b1.png": "b"}),
        (r"([ab])\d", False, {"a1.png": "a", "b1.png": "b"}),
    ],
)
def test_a_group_is_a_cell_or_a_part_of_the_name(
    tmp_path: Path, group_by: str, has_titles: bool, expected: dict[str, str]
) -> None:
    table = tmp_path / "labels.csv"
    titles = "name,label,patient\n" if has_titles else ""
    table.write_text(f"{titles}a1,cat,x\nb1,dog,y\n")
    for name in ("a1.png", "b1.png"):
        (tmp_path / name).touch()

    found = groups_in_table(
        _indexed(table, Choice(has_titles, groups=group_by), PhotoNames("", ".png")),
        group_by,
    )

    assert found == expected


def test_numbers_of_rows_are_refused_where_rows_are_left_out(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    table = tmp_path / "labels.csv"
    table.write_text("name,label\na.png,cat\na.png,cat\nb.png,dog\n")
    found = _indexed(table, Choice(True), PhotoNames())

    require_rows_once(found, None)
    with pytest.raises(PlanError, match=r"val_idxs number the rows.* 1 of them repeat"):
        require_rows_once(found, [2])
