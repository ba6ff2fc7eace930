"""Mirrors src/unfreeze/data/table_problems.py."""

import os
from pathlib import Path

import pytest

from unfreeze.data.label_table import written_table
from unfreeze.data.table_columns import Choice
from unfreeze.data.tables import PhotoNames, index_table, open_table
from unfreeze.errors import DataError

TITLED = Choice(has_titles=True)


def _index(
    root: Path, table: Path, naming: PhotoNames, choice: Choice = TITLED
) -> None:
    index_table(root, open_table(root, written_table(table), naming, choice), naming)


def _refused(root: Path, text: str, suffix: str = ".jpg") -> str:
    """What is said of a table beside images a.jpg to d.jpg."""
    (root / "train").mkdir(exist_ok=True)
    for stem in "abcd":
        (root / f"train/{stem}.jpg").touch()
    table = root / "labels.csv"
    table.write_text(text)
    with pytest.raises(DataError) as refusal:
        _index(root, table, PhotoNames("train", suffix))
    return str(refusal.value)


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    text = "id,breed\na,\nb,pug\n../x,pug\nb,boxer\nz,pug\nc,\n"

    said = _refused(tmp_path, text)

    assert "\n" not in said
    assert "2 rows have no label for 'a', 'c' (lines 2, 7)." in said
    assert "1 row names an image such as '../x' (line 4)." in said
    assert "1 image has different labels: 'b' as 'pug' in line 3 and as 'boxer'" in said
    assert "1 of the 5 images are not in" in said
    assert "'train/z.jpg'" in said


def test_the_first_of_each_problem_are_named_and_all_counted(tmp_path: Path) -> None:
    missing = "".join(f"x{number},pug\n" for number in range(9))
    twice = "".join(f"{stem},pug\n{stem},boxer\n" for stem in "abcd" * 2)
    blank = "".join(f"d{number},\n" for number in range(7))

    said = _refused(tmp_path, f"id,breed\n{missing}{twice}{blank}")

    assert "16 of the 20 images" in said
    assert "'train/x0.jpg', 'train/x1.jpg'" in said
    assert "and 11 more. The others are there: add these files, or" in said
    assert "7 rows have no label for 'd0', 'd1', 'd2', 'd3', 'd4' and 2 more" in said
    assert "8 images have different labels" in said
    assert ", and 3 more. Keep one row of each." in said


@pytest.mark.parametrize("again", ["./a", ".//a", "a"])
def test_another_way_to_write_a_name_does_not_hide_that_it_stands_twice(
    tmp_path: Path, again: str
) -> None:
    said = _refused(tmp_path, f"id,breed\na,pug\nb,pug\n{again},boxer\n")

    assert f"{again!r} as 'pug' in line 2 and as 'boxer' in line 4" in said


@pytest.mark.parametrize("stem", ["../secret", "/etc/passwd", "x/../../a"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, stem: str) -> None:
    said = _refused(tmp_path, f"id,breed\n{stem},pug\n")

    assert "relative to the root" in said
    assert "are not in" not in said


@pytest.mark.parametrize("folder", ["../photos", "/photos", "a/../.."])
def test_a_folder_that_leads_elsewhere_is_not_blamed_on_the_rows(
    tmp_path: Path, folder: str
) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("id,breed\na,pug\nb,\n")

    with pytest.raises(DataError, match=r"--folder must lie below DATA") as refusal:
        _index(tmp_path, table, PhotoNames(folder))

    assert repr(folder) in str(refusal.value)
    assert "row" not in str(refusal.value)


@pytest.mark.skipif(os.name == "nt", reason="a backslash is a slash on Windows")
@pytest.mark.parametrize(
    ("photo", "is_said"),
    [("sub\\e.jpg", True), ("sub\\z.jpg", False), ("..\\other.jpg", False)],
)
def test_a_backslash_that_stands_for_a_slash_is_told(
    tmp_path: Path, photo: str, is_said: bool
) -> None:
    (tmp_path / "train/sub").mkdir(parents=True)
    (tmp_path / "train/sub/e.jpg").touch()
    (tmp_path / "other.jpg").touch()

    said = _refused(tmp_path, f"id,breed\n{photo},pug\na.jpg,boxer\n", suffix="")

    assert ("With '/' instead of '\\' the first is there" in said) == is_said
    assert "1 of the 2 images are not in" in said


@pytest.mark.parametrize("suffix", ["", "jpg"])
def test_the_ending_that_is_missing_is_said(tmp_path: Path, suffix: str) -> None:
    said = _refused(tmp_path, "id,breed\na,pug\nb,boxer\n", suffix)

    assert "first is there: pass --suffix .jpg (suffix='.jpg')." in said
    assert "Check folder" not in said


def test_an_ending_is_not_advised_where_some_photos_are_there(tmp_path: Path) -> None:
    assert "--suffix" not in _refused(tmp_path, "id,breed\na.jpg,x\nb,y\n", suffix="")


def test_another_column_is_advised_where_no_photo_is_there(tmp_path: Path) -> None:
    said = _refused(tmp_path, "id,label\nx,cat\ny,dog\n")

    assert "Check folder and suffix; or, if photos are not named in the column" in said
    assert "'id', pass the title of theirs: --file-column TITLE" in said
    assert "--file-column" not in _refused(tmp_path, "id,label\nx,cat\na,dog\n")


def test_no_column_is_advised_without_titles(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("x.jpg,cat\ny.jpg,dog\n")

    with pytest.raises(DataError, match=r"'y\.jpg'\. Check folder and suffix\.$"):
        _index(tmp_path, tmp_path / "labels.csv", PhotoNames(), Choice())
