"""Mirrors src/unfreeze/data/split_folders.py."""

from pathlib import Path

import pytest

from unfreeze.data.split_folders import split_folders


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
