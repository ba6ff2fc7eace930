"""Mirrors src/unfreeze/data/split_folders.py."""

from pathlib import Path

import pytest

from unfreeze.data.split_folders import (
    class_in_path,
    split_folders,
    split_prefixes,
)


@pytest.mark.parametrize(
    ("there", "splits", "home"),
    [
        (["train", "valid"], {"train": "train", "valid": "valid"}, ""),
        (["train", "test"], {"": "train"}, "train"),
        (["valid", "cats"], {"": ""}, ""),
        (["cats", "dogs"], {"": ""}, ""),
    ],
)
def test_a_folder_is_split_where_both_halves_are_there(
    tmp_path: Path, there: list[str], splits: dict[str, str], home: str
) -> None:
    for name in there:
        (tmp_path / name).mkdir()

    found = split_folders(tmp_path)

    assert found == (
        {name: tmp_path / inner for name, inner in splits.items()},
        tmp_path / home,
    )


def test_files_of_these_names_split_nothing(tmp_path: Path) -> None:
    for name in ("train", "valid"):
        (tmp_path / name).touch()

    assert split_folders(tmp_path) == ({"": tmp_path}, tmp_path)


@pytest.mark.parametrize(
    ("there", "prefixes"),
    [
        (["train", "valid"], {"train": "train/", "valid": "valid/"}),
        (["train", "test"], {"": "train/"}),
        (["cats", "valid"], {"": ""}),
    ],
)
def test_paths_of_photos_begin_with_their_split(
    tmp_path: Path, there: list[str], prefixes: dict[str, str]
) -> None:
    for name in there:
        (tmp_path / name).mkdir()

    assert split_prefixes(tmp_path) == prefixes


@pytest.mark.parametrize(
    ("file", "prefixes", "label"),
    [
        ("train/car/1.jpg", ["train/", "valid/"], "car"),
        ("valid/train/1.jpg", ["train/", "valid/"], "train"),
        ("train/train/deep/1.jpg", ["train/", "valid/"], "train"),
        ("train/car/1.jpg", [""], "train"),
        ("train/1.jpg", ["train/"], None),
        ("elsewhere/car/1.jpg", ["train/", "valid/"], None),
    ],
)
def test_the_folder_below_the_split_gives_the_label(
    file: str, prefixes: list[str], label: str | None
) -> None:
    assert class_in_path(file, prefixes) == label
