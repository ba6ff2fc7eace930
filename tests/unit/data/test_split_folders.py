"""Mirrors src/unfreeze/data/split_folders.py."""

from pathlib import Path

import pytest

from unfreeze.data.split_folders import (
    SplitFolders,
    class_in_path,
    photo_folders,
    split_folders,
    split_prefixes,
    validation_folder,
)
from unfreeze.errors import DataError


def _made(root: Path, there: list[str]) -> Path:
    """Make folders, and the photos among them; a ``CACHEDIR.TAG`` as it is."""
    for each in there:
        path = root / each
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix:
            path.touch()
        else:
            path.mkdir(exist_ok=True)
    return root


@pytest.mark.parametrize("valid", ["valid", "val", "validation", "Val", "VALID"])
@pytest.mark.parametrize("train", ["train", "training", "Train"])
def test_a_folder_is_split_where_both_halves_are_there(
    tmp_path: Path, train: str, valid: str
) -> None:
    _made(tmp_path, [train, valid])

    assert split_folders(tmp_path) == SplitFolders(
        {"train": tmp_path / train, "valid": tmp_path / valid}, tmp_path
    )
    assert set(photo_folders(tmp_path)) == {tmp_path / train, tmp_path / valid}
    assert validation_folder(tmp_path, ["cats", "dogs"]) == tmp_path / valid


@pytest.mark.parametrize(
    ("there", "inner"),
    [
        (["train"], "train"),
        (["Training/cats/1.jpg", "test/1.jpg"], "Training"),
        (["train/1.jpg", "test1/1.jpg"], "train"),  # as Kaggle has dogs and cats
        (["train/cats/1.jpg", "sample/1.jpg", "models/x.h5"], "train"),
        (["train/1.jpg", "bus/1.jpg"], ""),  # vehicles
        (["valid/1.jpg", "invalid/1.jpg"], ""),
        (["test/1.jpg", "cats/1.jpg"], ""),
        (["cats/1.jpg", "dogs/1.jpg"], ""),
        (["1.jpg"], ""),
        ([], ""),
    ],
)
def test_what_is_not_split_is_one_folder(
    tmp_path: Path, there: list[str], inner: str
) -> None:
    _made(tmp_path, there)

    found = split_folders(tmp_path)

    assert (found.roots, found.home) == ({"": tmp_path / inner}, tmp_path / inner)
    assert photo_folders(tmp_path) == [tmp_path / inner]


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (["train", "val", "Valid"], r"'Valid', 'val', each of them a name for valid"),
        (["train", "Training"], r"'Training', 'train', each of them a name for train"),
        (["valid", "test"], r"'test', 'valid': names of splits, not of classes"),
        (["val2017", "test2017"], "names of splits"),
        (
            ["cats/1.jpg", "dogs/1.jpg", "test/cats/1.jpg"],
            r"class folders 'cats', and test/ with",
        ),
    ],
)
def test_splits_that_would_become_classes_are_refused(
    tmp_path: Path, there: list[str], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        split_folders(_made(tmp_path, there))


def test_folders_beside_the_splits_are_named_where_they_hold_anything(
    tmp_path: Path,
) -> None:
    beside = ["test/1.jpg", "sample/train", "models/last.h5", "empty", ".hidden/1.jpg"]
    _made(tmp_path, ["train", "val", *beside, "tmp/1.jpg"])
    (tmp_path / "tmp/CACHEDIR.TAG").touch()

    assert split_folders(tmp_path).left_alone == ("sample", "test")


def test_files_of_these_names_split_nothing(tmp_path: Path) -> None:
    for name in ("train", "valid"):
        (tmp_path / name).touch()

    assert split_folders(tmp_path).roots == {"": tmp_path}


def test_what_is_not_there_is_left_to_others_to_refuse(tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    assert split_folders(missing).roots == {"": missing}
    assert photo_folders(missing) == [missing]
    assert validation_folder(missing, ["cats"]) == missing


@pytest.mark.parametrize(
    ("there", "classes"),
    [
        (["valid/1.jpg", "invalid/1.jpg"], ["invalid", "valid"]),
        (["cats/1.jpg", "val/1.jpg"], ["cats", "dogs"]),
        (["test/1.jpg"], ["cats", "dogs"]),
    ],
)
def test_photos_to_measure_with_lie_in_the_folder_itself(
    tmp_path: Path, there: list[str], classes: list[str]
) -> None:
    assert validation_folder(_made(tmp_path, there), classes) == tmp_path


def test_two_validation_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="each of them a name for validation"):
        validation_folder(_made(tmp_path, ["val", "valid"]), ["cats"])


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
