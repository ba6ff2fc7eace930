"""Mirrors src/unfreeze/data/split_names.py."""

from pathlib import Path

import pytest

from unfreeze.data.split_names import (
    is_like_a_split,
    is_training_name,
    is_validation_name,
    require_no_splits,
)
from unfreeze.errors import DataError


def test_names_of_splits_are_known_in_capitals_too() -> None:
    assert all(map(is_training_name, ["train", "training", "Train"]))
    assert all(map(is_validation_name, ["valid", "val", "validation", "VAL"]))
    assert not is_training_name("trainers")
    assert not is_validation_name("invalid")


@pytest.mark.parametrize("name", ["test1", "Testing", "train-jpg", "val2017", "dev"])
def test_other_spellings_are_like_a_split(name: str) -> None:
    assert is_like_a_split(name)


@pytest.mark.parametrize("name", ["cats", "trainers", "valley", "2017", "é", ""])
def test_other_words_are_not(name: str) -> None:
    assert not is_like_a_split(name)


def test_only_where_all_folders_are_splits_none_is_a_class(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'test', 'train': names of splits"):
        require_no_splits(tmp_path, ["test", "train"])
    require_no_splits(tmp_path, ["train", "bus"])
    require_no_splits(tmp_path, ["train"])
