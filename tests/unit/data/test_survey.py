"""Mirrors src/unfreeze/data/survey.py."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import class_folders
from unfreeze.data.screen import screen
from unfreeze.data.survey import Split, Survey, index_for_survey
from unfreeze.errors import DataError


def survey_of(root: Path, names: tuple[str, ...] = ("train", "valid")) -> Survey:
    """Survey the splits in ``root``."""
    roots = [root / name for name in names]
    classes, indexes = index_for_survey(roots)
    splits = tuple(
        Split(
            name,
            screen(index, None, num_workers=0, may_be_empty=True),
            tuple(class_folders(index.root)),
        )
        for name, index in zip(names, indexes, strict=True)
    )
    return Survey(root, classes, splits)


def test_rows_of_all_splits_stand_in_one_order(drawn_folder: Path) -> None:
    (drawn_folder / "valid/squares/squares01.png").write_bytes(b"")
    (drawn_folder / "train/notes.txt").write_text("notes")

    survey = survey_of(drawn_folder)

    assert len(survey.files) == 53
    assert survey.num_files == 54
    assert survey.files[0] == "train/circles/circles00.png"
    assert all(survey.source(row).is_file() for row in range(53))
    named = [survey.classes[label] for label in survey.labels]
    assert named == [Path(file).parent.name for file in survey.files]
    assert np.bincount(survey.split_of).tolist() == [36, 17]
    assert [each.file for each in survey.unreadable] == ["valid/squares/squares01.png"]
    assert [each.file for each in survey.ignored] == ["train/notes.txt"]
    assert survey.counts(1).tolist() == [6, 5, 6]
    assert survey.counts().tolist() == [18, 17, 18]
    assert survey.digests.shape == (53, 16)
    assert survey.looks.shape == (53,)


def test_photos_of_kinds_that_cannot_be_read_are_photos_and_other_files_are_not(
    drawn_folder: Path,
) -> None:
    (drawn_folder / "valid/squares/squares01.png").write_bytes(b"")
    (drawn_folder / "train/squares/a.heic").touch()
    (drawn_folder / "train/squares/notes.txt").touch()
    (drawn_folder / "train/stray.png").touch()

    survey = survey_of(drawn_folder)

    assert (survey.num_files, survey.num_unreadable, survey.num_others) == (55, 2, 2)


def test_a_split_of_nothing_but_unread_photos_names_and_counts_them(
    drawn_folder: Path,
) -> None:
    shutil.rmtree(drawn_folder / "valid")
    (drawn_folder / "valid/squares").mkdir(parents=True)
    (drawn_folder / "valid/squares/a.HEIC").touch()

    survey = survey_of(drawn_folder)

    assert (survey.num_files, survey.num_unreadable) == (37, 1)
    assert [each.file for each in survey.ignored] == ["valid/squares/a.HEIC"]


def test_what_splits_of_one_folder_share_is_counted_once(drawn_folder: Path) -> None:
    (drawn_folder / "train/squares/a.heic").touch()
    (drawn_folder / "train/squares/notes.txt").touch()
    survey = survey_of(drawn_folder, ("train", "train"))

    assert (survey.num_unreadable, survey.num_others) == (1, 1)
    assert len(survey.ignored) == 2


def test_classes_are_those_of_all_splits_and_may_be_empty(drawn_folder: Path) -> None:
    (drawn_folder / "valid/extra").mkdir()
    shutil.rmtree(drawn_folder / "valid/squares")

    survey = survey_of(drawn_folder)

    assert survey.classes == ("circles", "extra", "squares", "stripes")
    assert survey.counts().tolist() == [18, 0, 12, 18]


def test_a_split_without_photos_is_an_empty_one(drawn_folder: Path) -> None:
    shutil.rmtree(drawn_folder / "valid")
    (drawn_folder / "valid").mkdir()

    survey = survey_of(drawn_folder)

    assert len(survey.files) == 36


def test_no_photos_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        index_for_survey([tmp_path])
