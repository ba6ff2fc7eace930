"""Mirrors src/unfreeze/runs/reading_notes.py."""

import shutil
from pathlib import Path

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
