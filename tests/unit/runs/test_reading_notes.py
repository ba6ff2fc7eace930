"""Mirrors src/unfreeze/runs/reading_notes.py."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.runs.photos import read_photos
from unfreeze.runs.reading_notes import reading_notes
from unfreeze.runs.settings import RunSettings


def test_nothing_is_said_where_nothing_is_unusual(
    photos: Path, settings: RunSettings
) -> None:
    data = read_photos(photos, settings)

    assert list(reading_notes(photos, settings, data)) == []


def test_folders_beside_the_splits_are_said_to_be_left_alone(
    drawn_folder: Path, settings: RunSettings
) -> None:
    shutil.copytree(drawn_folder / "valid", drawn_folder / "Test")
    data = read_photos(drawn_folder, settings)

    notes = list(reading_notes(drawn_folder, settings, data))

    assert notes == ["left alone: Test/; neither learned from nor measured with"]


def test_whole_numbers_that_may_be_measurements_are_said(
    drawn_folder: Path, settings: RunSettings
) -> None:
    photos = sorted((drawn_folder / "train").rglob("*.png"))
    rows = [f"{each.relative_to(drawn_folder)},{at}" for at, each in enumerate(photos)]
    (drawn_folder / "t.csv").write_text("\n".join(["file,age", *rows]))
    said = replace(settings, csv="t.csv", label_column="age")
    read = said.read_table(drawn_folder)
    data = read_photos(drawn_folder, settings)

    notes = list(reading_notes(drawn_folder, said, data, read))

    assert notes[1].startswith("caution: column 'age' holds 36 different whole numbers")


@pytest.mark.parametrize(
    ("titles", "cells", "said"),
    [
        ("file,label", "circles;round", "Cells are split at ';'; --label-separator ''"),
        ("file,circles,round", "1,1", "2 in all: 'circles', 'round'."),
    ],
)
def test_several_labels_are_said_with_how_they_are_told(
    drawn_folder: Path, settings: RunSettings, titles: str, cells: str, said: str
) -> None:
    photos = sorted((drawn_folder / "train/circles").glob("*.png"))
    rows = [f"{each.relative_to(drawn_folder)},{cells}" for each in photos]
    (drawn_folder / "t.csv").write_text("\n".join([titles, *rows]))
    asked = replace(settings, csv="t.csv")
    read = asked.read_table(drawn_folder)
    asked = asked.decided(read)
    data = read_photos(drawn_folder, asked, read)

    notes = list(reading_notes(drawn_folder, asked, data, read))

    assert notes[1].startswith("several labels per photo, 2 in all: 'circles', 'round'")
    assert said in notes[1]
    assert ("Cells are" in notes[1]) == (";" in cells)
