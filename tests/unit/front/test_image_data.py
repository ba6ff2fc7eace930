"""Mirrors src/unfreeze/front/image_data.py."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from unfreeze.data.splits import get_cv_idxs
from unfreeze.errors import DataError, PlanError
from unfreeze.front.datasets import ImageDataset
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_stats

MakeData: TypeAlias = Callable[..., ImageClassifierData]

WORDS: dict[str, Any] = {"tfms": tfms_from_stats(None, 32), "num_workers": 0}
COUNTED = [f"{n}" for n in range(10)]


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """``root/photos/0.png`` to ``9.png``, each filled with its number, and a table."""
    root = tmp_path / "numbered"
    (root / "photos").mkdir(parents=True)
    for n in range(10):
        Image.new("RGB", (40, 40), (n, n, n)).save(root / "photos" / f"{n}.png")
    with (root / "labels.csv").open("w", newline="") as text:
        rows = [
            ["name", "label"],
            *([f"{n}", ["even", "odd"][n % 2]] for n in range(10)),
        ]
        csv.writer(text).writerows(rows)
    return root


def numbers_in(split: ImageDataset) -> list[int]:
    """Read back which photos a split shows, from their pixels."""
    images, _ = split[:]
    return [round(float(image.mean() * 255)) for image in images]


def test_splits_are_no_classes(drawn_folder: Path) -> None:
    (drawn_folder / "models").mkdir()  # as a learner saves them beside the splits
    with pytest.raises(DataError, match=r"names of splits.*from_paths"):
        ImageClassifierData.from_folder(drawn_folder, **WORDS)


def test_folders_of_a_split_name_classes_and_labels(data: ImageClassifierData) -> None:
    assert data.classes == ("circles", "squares", "stripes")
    assert (data.c, data.sz, data.bs, data.is_multi) == (3, 32, 8, False)
    assert data.trn_y.tolist() == [0] * 12 + [1] * 12 + [2] * 12
    assert data.val_ds.fnames[0] == "circles/circles00.png"


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_missing_split_is_named(
    drawn_folder: Path, make_data: MakeData, split: str
) -> None:
    (drawn_folder / split).rename(drawn_folder / "elsewhere")

    with pytest.raises(DataError, match=rf"no folder '{split}'.*'elsewhere'"):
        make_data(drawn_folder)


def test_a_labelled_test_folder_keeps_its_labels(
    drawn_folder: Path, make_data: MakeData
) -> None:
    data = make_data(drawn_folder, test_name="valid", test_with_labels=True)

    assert data.test_ds.y is not None
    assert data.test_ds.y.tolist() == data.val_y.tolist()


def test_one_class_is_too_few(drawn_folder: Path, make_data: MakeData) -> None:
    for split in ("train", "valid"):
        for name in ("squares", "stripes"):
            (drawn_folder / split / name).rename(drawn_folder / f"{split}-{name}")

    with pytest.raises(DataError, match=r"1 class \['circles'\].*2 classes or more"):
        make_data(drawn_folder)


def test_class_folders_alone_are_split_class_by_class(photos: Path) -> None:
    data = ImageClassifierData.from_folder(
        photos / "train", valid_fraction=0.25, **WORDS
    )

    assert np.bincount(data.trn_y).tolist() == [9, 9, 9]
    assert np.bincount(data.val_y).tolist() == [3, 3, 3]
    assert not set(data.trn_ds.fnames) & set(data.val_ds.fnames)


def test_our_own_folders_never_become_classes(drawn_folder: Path) -> None:
    """``tmp/`` stands beside the class folders when those lie in the root."""
    root = drawn_folder / "train"
    first = ImageClassifierData.from_folder(root, **WORDS)
    first.resize(40)

    again = ImageClassifierData.from_folder(root, **WORDS)

    assert (root / "tmp").is_dir()
    assert again.classes == first.classes
    assert list(again.trn_ds.fnames) == list(first.trn_ds.fnames)


def test_groups_found_in_names_are_on_one_side(photos: Path) -> None:
    """Names end in two digits; the first of them is the group, of all classes."""
    data = ImageClassifierData.from_folder(
        photos / "train", valid_fraction=0.2, group_by=r"(\d)\d\.png", **WORDS
    )

    first_digits = [
        {name[-6] for name in split.fnames} for split in (data.trn_ds, data.val_ds)
    ]
    assert first_digits == [{"0"}, {"1"}]
    assert data.grouping is not None
    assert (data.grouping.num_groups, data.grouping.straddling) == (2, ())


def test_one_group_that_holds_all_photos_is_refused(photos: Path) -> None:
    with pytest.raises(DataError, match="36 images in 1 groups"):
        ImageClassifierData.from_folder(photos / "train", group_by="png", **WORDS)


def test_a_split_that_is_there_stays_and_its_torn_groups_are_named(
    photos: Path, make_data: MakeData
) -> None:
    data = make_data(photos, group_by=r"(\d\d)\.png")
    plain = make_data(photos)

    assert data.grouping is not None
    assert data.grouping.straddling == ("00", "01", "02", "03", "04", "05")
    assert list(data.trn_ds.fnames) == list(plain.trn_ds.fnames)
    assert plain.grouping is None


@pytest.mark.parametrize("group_by", ["patient", r"([0-9])\.png"])
def test_a_column_or_a_pattern_groups_the_rows_of_a_table(
    numbered: Path, group_by: str
) -> None:
    """Patients are n // 2, so that each has a photo of both classes."""
    rows = ["name,label,patient", *(f"{n},{n % 2},{n // 2}" for n in range(10))]
    (numbered / "labels.csv").write_text("\n".join(rows))

    data = ImageClassifierData.from_csv(
        numbered,
        "photos",
        numbered / "labels.csv",
        suffix=".png",
        group_by=group_by,
        seed=3,
        **WORDS,
    )

    held_out = numbers_in(data.val_ds)
    assert len(held_out) == 2
    assert sorted(data.val_y.tolist()) == [0, 1]
    if group_by == "patient":
        assert held_out[0] // 2 == held_out[1] // 2


def test_groups_and_chosen_rows_contradict_each_other(numbered: Path) -> None:
    with pytest.raises(PlanError, match="val_idxs choose the photos"):
        ImageClassifierData.from_csv(
            numbered,
            "photos",
            numbered / "labels.csv",
            suffix=".png",
            val_idxs=[1],
            group_by="label",
            **WORDS,
        )


def test_a_table_gives_labels_and_the_lessons_split(numbered: Path) -> None:
    data = ImageClassifierData.from_csv(
        numbered, "photos", numbered / "labels.csv", suffix=".png", **WORDS
    )

    held_out = sorted(get_cv_idxs(10))
    assert data.classes == ("even", "odd")
    assert numbers_in(data.val_ds) == held_out
    assert data.val_y.tolist() == [n % 2 for n in held_out]
    assert numbers_in(data.fix_ds) == [n for n in range(10) if n not in held_out]


def test_a_table_of_the_lesson_parts_its_cells_at_blanks(numbered: Path) -> None:
    rows = ["name,what,label"]
    rows += [f"{n},x,{['even', 'odd'][n % 2]} small" for n in range(10)]
    (numbered / "labels.csv").write_text("\n".join(rows))

    data = ImageClassifierData.from_csv(
        numbered, "photos", numbered / "labels.csv", suffix=".png", **WORDS
    )

    assert data.is_multi
    assert data.classes == ("even", "odd", "small")


@pytest.mark.parametrize("columns", [None, ["odd", "even"]])
def test_a_table_may_have_a_column_for_each_class(
    numbered: Path, columns: list[str] | None
) -> None:
    rows = ["name,even,odd", *(f"{n},{1 - n % 2},{n % 2}" for n in range(10))]
    (numbered / "labels.csv").write_text("\n".join(rows))

    data = ImageClassifierData.from_csv(
        numbered,
        "photos",
        numbered / "labels.csv",
        suffix=".png",
        label_column=columns,
        **WORDS,
    )

    assert not data.is_multi
    assert data.classes == ("even", "odd")
    assert data.val_y.tolist() == [n % 2 for n in numbers_in(data.val_ds)]


def test_columns_of_zeros_alone_name_nothing_to_learn(numbered: Path) -> None:
    rows = ["name,even,odd", *(f"{n},0,0" for n in range(10))]
    (numbered / "labels.csv").write_text("\n".join(rows))

    with pytest.raises(DataError, match=r"None of the photos in .* has a label"):
        ImageClassifierData.from_csv(
            numbered, "photos", numbered / "labels.csv", suffix=".png", **WORDS
        )


def test_repeated_rows_leave_chosen_rows_unclear(numbered: Path) -> None:
    table = numbered / "labels.csv"
    table.write_text(table.read_text() + "0,even\n")
    words = {"suffix": ".png", **WORDS}

    data = ImageClassifierData.from_csv(numbered, "photos", table, **words)

    assert len(data.trn_ds) + len(data.val_ds) == 10
    with pytest.raises(PlanError, match="val_idxs number the rows"):
        ImageClassifierData.from_csv(numbered, "photos", table, val_idxs=[1], **words)


def test_val_idxs_choose_the_held_out_rows(numbered: Path) -> None:
    data = ImageClassifierData.from_csv(
        numbered,
        "photos",
        numbered / "labels.csv",
        suffix=".png",
        val_idxs=[7, 2],
        **WORDS,
    )

    assert numbers_in(data.val_ds) == [2, 7]
    assert numbers_in(data.fix_ds) == [0, 1, 3, 4, 5, 6, 8, 9]


def test_names_and_an_array_of_labels_belong_together_row_by_row(
    numbered: Path,
) -> None:
    data = ImageClassifierData.from_names_and_array(
        numbered / "photos",
        ["5.png", "3.png", "8.png"],
        np.array([0, 1, 0]),
        ["a", "b"],
        val_idxs=[1],
        **WORDS,
    )

    assert numbers_in(data.fix_ds) == [5, 8]
    assert numbers_in(data.val_ds) == [3]
    assert data.val_y.tolist() == [1]


def test_rows_of_0s_and_1s_are_several_labels(numbered: Path) -> None:
    labels = np.eye(3, dtype=np.float32)[np.arange(10) % 3]

    data = ImageClassifierData.from_names_and_array(
        numbered / "photos",
        COUNTED,
        labels,
        ["a", "b", "c"],
        val_idxs=[0],
        suffix=".png",
        **WORDS,
    )

    assert data.is_multi
    assert data.val_y.tolist() == [[1, 0, 0]]


def test_a_folder_and_an_array_go_by_the_order_of_names(numbered: Path) -> None:
    data = ImageClassifierData.from_path_and_array(
        numbered, "photos", np.arange(10) % 2, val_idxs=[4], **WORDS
    )

    assert data.classes == ("0", "1")
    assert numbers_in(data.val_ds) == [4]
    assert data.trn_y.tolist() == [0, 1, 0, 1, 1, 0, 1, 0, 1]


def test_more_labels_than_files_are_refused(numbered: Path) -> None:
    with pytest.raises(DataError, match="10 images but 11 labels"):
        ImageClassifierData.from_path_and_array(
            numbered, "photos", np.arange(11) % 2, **WORDS
        )


def test_arrays_need_no_transforms(tmp_path: Path) -> None:
    images = np.arange(4, dtype=np.uint8).repeat(8 * 8).reshape(4, 8, 8)

    data = ImageClassifierData.from_arrays(
        tmp_path, (images, np.array([0, 1, 0, 1])), (images, np.array([1, 1, 0, 0]))
    )

    assert data.sz == 8
    assert numbers_in(data.val_ds) == [0, 1, 2, 3]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("build", ["from_csv", "from_names_and_array"])
def test_numbers_to_predict_are_refused(numbered: Path, build: str) -> None:
    first = {
        "from_csv": ("photos", "labels.csv"),
        "from_names_and_array": (COUNTED, np.arange(10) / 10, ["a", "b"]),
    }[build]

    with pytest.raises(PlanError, match="continuous=True would predict numbers"):
        getattr(ImageClassifierData, build)(numbered, *first, continuous=True, **WORDS)


def test_unreadable_files_are_left_out_and_named(
    drawn_folder: Path, make_data: MakeData
) -> None:
    (drawn_folder / "train/circles/circles03.png").write_bytes(b"not a picture")

    data = make_data(drawn_folder)

    assert [each.file for each in data.skipped] == ["circles/circles03.png"]
    assert len(data.trn_ds) == 35
    assert "circles/circles03.png" not in list(data.trn_ds.fnames)


@pytest.mark.parametrize("build", ["from_paths", "from_folder"])
def test_a_class_of_which_no_photo_can_be_read_is_refused(
    drawn_folder: Path, build: str
) -> None:
    for path in (drawn_folder / "train/squares").iterdir():
        path.write_bytes(b"<html>404</html>")
    folder = drawn_folder if build == "from_paths" else drawn_folder / "train"

    with pytest.raises(DataError, match=r"'squares', none of .*squares00.*web page"):
        getattr(ImageClassifierData, build)(folder, **WORDS)


def test_a_class_of_a_table_that_cannot_be_read_is_refused(numbered: Path) -> None:
    for n in range(1, 10, 2):
        (numbered / f"photos/{n}.png").write_bytes(b"")

    with pytest.raises(DataError, match=r"'odd', none of the 5 .*1\.png.*is empty"):
        ImageClassifierData.from_csv(
            numbered,
            "photos",
            numbered / "labels.csv",
            suffix=".png",
            valid_fraction=0.2,
            **WORDS,
        )


def test_photos_smaller_than_the_model_reads_are_refused(
    data: ImageClassifierData,
) -> None:
    with pytest.raises(PlanError, match=r"resize\(31\).*32 pixels"):
        data.resize(31)


def test_a_table_beside_a_single_class_folder_is_pointed_to(numbered: Path) -> None:
    with pytest.raises(DataError, match=r"1 class \['photos'\].*'labels.csv'.*--csv"):
        ImageClassifierData.from_folder(numbered, **WORDS)


def test_a_single_class_in_a_table_is_refused_without_that(numbered: Path) -> None:
    table = numbered / "labels.csv"
    table.write_text(table.read_text().replace("odd", "even"))

    with pytest.raises(DataError, match=r"1 class \['even'\].*2 classes or more\.$"):
        ImageClassifierData.from_csv(numbered, "photos", table, suffix=".png", **WORDS)
