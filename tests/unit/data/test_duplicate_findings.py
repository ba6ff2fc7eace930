"""Mirrors src/unfreeze/data/duplicate_findings.py."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.data.test_survey import survey_of
from unfreeze.data.duplicate_findings import duplicate_findings
from unfreeze.data.likeness import Likeness, copy_groups, look_alikes
from unfreeze.data.survey import Survey


def _photo(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((160, 120), Image.Resampling.BICUBIC)


def found_in(survey: Survey) -> Likeness:
    return look_alikes(survey.digests, survey.looks["hash"])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six photos in each split, no two alike."""
    for number in range(12):
        split = ("train", "valid")[number // 6]
        folder = tmp_path / "photos" / split / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        _photo(number).save(folder / f"{number:02}.png")
    return tmp_path / "photos"


def test_photos_of_their_own_have_nothing_to_report(photos: Path) -> None:
    survey = survey_of(photos)

    assert duplicate_findings(survey, found_in(survey)) == []


def test_equal_files_are_exact_duplicates_and_no_near_ones(photos: Path) -> None:
    shutil.copy(photos / "train/a/00.png", photos / "train/b/again.png")
    survey = survey_of(photos)

    (found,) = duplicate_findings(survey, found_in(survey))

    assert found.kind == "exact_duplicate"
    assert found.files == ("train/a/00.png", "train/b/again.png")
    assert "labelled 'a' and 'b': at least one label is wrong" in found.message


def test_a_smaller_copy_across_the_split_is_a_leak_and_named_once(
    photos: Path,
) -> None:
    _photo(0).resize((80, 60)).save(photos / "valid/a/small.jpg")
    survey = survey_of(photos)

    (leak,) = duplicate_findings(survey, found_in(survey), (0.9, 0.8))

    assert leak.kind == "leakage"
    assert leak.files == ("valid/a/small.jpg", "train/a/00.png")
    assert leak.score == pytest.approx(1 / 7, abs=1e-6)
    assert leak.message.startswith("The same photo, perhaps cropped")
    assert "1 of 7 validation photos are: at most 14.3 points" in leak.message
    assert "scores 0.9000 on all of them and 0.8000 without" in leak.message


def test_equal_files_across_the_split_are_named_once_with_both_labels(
    photos: Path,
) -> None:
    shutil.copy(photos / "train/a/00.png", photos / "valid/b/again.png")
    shutil.copy(photos / "train/a/02.png", photos / "train/a/twin.png")
    survey = survey_of(photos)

    leak, equal = duplicate_findings(survey, found_in(survey))

    assert (leak.kind, equal.kind) == ("leakage", "exact_duplicate")
    assert leak.files == ("valid/b/again.png", "train/a/00.png")
    assert leak.message.startswith("The same file is in validation and in training.")
    assert "labelled 'a' and 'b': at least one label is wrong" in leak.message
    assert equal.files == ("train/a/02.png", "train/a/twin.png")


def test_a_smaller_copy_on_one_side_is_a_near_duplicate(photos: Path) -> None:
    _photo(0).resize((80, 60)).save(photos / "train/a/small.jpg")
    survey = survey_of(photos)

    (near,) = duplicate_findings(survey, found_in(survey))

    assert near.kind == "near_duplicate"
    assert near.files == ("train/a/00.png", "train/a/small.jpg")
    assert near.score > 0.85


def test_copies_whose_labels_contradict_each_other_come_first(photos: Path) -> None:
    shutil.copy(photos / "train/a/00.png", photos / "train/a/twin.png")
    shutil.copy(photos / "train/b/03.png", photos / "train/a/other.png")
    survey = survey_of(photos)

    first, second = duplicate_findings(survey, found_in(survey))

    assert set(first.files) == {"train/a/other.png", "train/b/03.png"}
    assert set(second.files) == {"train/a/00.png", "train/a/twin.png"}


def test_a_group_counts_once_in_the_leak_and_names_all_its_files(photos: Path) -> None:
    shutil.copy(photos / "valid/a/06.png", photos / "valid/a/twin.png")
    survey = survey_of(photos)
    names = survey.files
    pair = [names.index("train/b/01.png"), names.index("valid/a/06.png")]
    likeness = Likeness(np.array([pair]), np.array([0.95]))

    (leak,) = duplicate_findings(survey, likeness)

    assert leak.kind == "leakage"
    assert len(leak.files) == 3
    assert "2 of 7 validation photos" in leak.message
    assert len(set(copy_groups(survey.digests, likeness).tolist())) == 11
