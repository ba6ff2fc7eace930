"""Mirrors src/unfreeze/runs/valid_source.py."""

from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.data.groups import Grouping
from unfreeze.runs.photos import read_photos
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.valid_source import validation_source

SETTINGS = RunSettings(arch="unfreeze_nano", size=32, num_workers=0, seed=7)


def test_a_folder_is_named_as_it_is_called(drawn_folder: Path) -> None:
    (drawn_folder / "valid").rename(drawn_folder / "val")
    data = read_photos(drawn_folder, SETTINGS)

    assert validation_source(SETTINGS, data, None) == "those of the folder val/"


def test_a_choice_says_share_and_seed(drawn_folder: Path) -> None:
    folder = drawn_folder / "train"
    data = read_photos(folder, SETTINGS)
    grouped = replace(data, grouping=Grouping(by="p", num_groups=9))

    assert validation_source(SETTINGS, data, None) == (
        "chosen here at random, 20.0 % of each class (seed 7)"
    )
    assert validation_source(SETTINGS, grouped, None) == (
        "chosen here at random, in whole groups by 'p', 20.0 % of each class (seed 7)"
    )


@pytest.mark.parametrize("title", ["split", "size"])
def test_a_column_of_splits_that_was_not_followed_is_named(
    drawn_folder: Path, title: str
) -> None:
    files = sorted((drawn_folder / "train").rglob("*.png"))
    lines = [
        f"{file.relative_to(drawn_folder).as_posix()},{file.parent.name},train\n"
        for file in files
    ]
    (drawn_folder / "labels.csv").write_text(f"file,label,{title}\n{''.join(lines)}")
    settings = replace(SETTINGS, csv="labels.csv")
    read = settings.read_table(drawn_folder)
    data = read_photos(drawn_folder, settings, read)

    said = validation_source(settings, data, read)

    assert said.startswith("chosen here at random, 20.0 %")
    is_named = said.endswith(", not by the column 'split' of labels.csv")
    assert is_named == (title == "split")
