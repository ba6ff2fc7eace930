"""Mirrors src/unfreeze/data/sample.py."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import index_folder
from unfreeze.data.sample import make_sample
from unfreeze.errors import DataError, PlanError


def test_a_sample_has_the_same_layout_with_a_few_images(drawn_folder: Path) -> None:
    folder = make_sample(drawn_folder, per_class=4, seed=0)

    assert folder == drawn_folder / "sample"
    for split in ("train", "valid"):
        sample, whole = (index_folder(root / split) for root in (folder, drawn_folder))
        assert sample.classes == whole.classes
        assert np.bincount(sample.labels).tolist() == [4, 4, 4]
        for name in sample.names:
            copy = folder / split / name
            assert copy.read_bytes() == (drawn_folder / split / name).read_bytes()
            assert not copy.is_symlink()
            assert copy.stat().st_nlink == 1


def test_a_sample_of_class_folders_becomes_no_class(drawn_folder: Path) -> None:
    root = drawn_folder / "train"

    folder = make_sample(root, per_class=4, seed=0)

    whole, sample = index_folder(root), index_folder(folder)
    assert folder == root / "sample"
    assert whole.classes == sample.classes == ("circles", "squares", "stripes")
    assert np.bincount(whole.labels).tolist() == [12, 12, 12]
    assert np.bincount(sample.labels).tolist() == [4, 4, 4]
    assert sample.num_ignored == 0


@pytest.mark.parametrize("valid", ["val", None])
def test_a_sample_is_taken_from_what_training_reads(
    drawn_folder: Path, valid: str | None
) -> None:
    names = ["train"]
    if valid is None:
        shutil.rmtree(drawn_folder / "valid")
    else:
        (drawn_folder / "valid").rename(drawn_folder / valid)
        names.append(valid)

    folder = make_sample(drawn_folder, per_class=2, seed=0)

    assert sorted(each.name for each in folder.iterdir()) == names
    for name in names:
        assert np.bincount(index_folder(folder / name).labels).tolist() == [2, 2, 2]


def test_small_classes_are_copied_whole(drawn_folder: Path) -> None:
    folder = make_sample(drawn_folder, per_class=10, seed=0)

    assert np.bincount(index_folder(folder / "train").labels).tolist() == [10, 10, 10]
    assert np.bincount(index_folder(folder / "valid").labels).tolist() == [6, 6, 6]


def test_the_choice_depends_on_the_seed(drawn_folder: Path) -> None:
    def choice(seed: int) -> list[str]:
        folder = make_sample(drawn_folder, per_class=4, seed=seed)
        names = list(index_folder(folder / "train").names)
        folder.rename(
            drawn_folder / f"sample {seed} {len(list(drawn_folder.iterdir()))}"
        )
        return names

    assert choice(1) == choice(1)
    assert choice(1) != choice(2)


def test_an_existing_sample_is_left_alone(drawn_folder: Path) -> None:
    (drawn_folder / "sample").mkdir()

    with pytest.raises(DataError, match=r"sample exists already"):
        make_sample(drawn_folder, per_class=1, seed=0)


def test_a_failure_leaves_nothing_behind(drawn_folder: Path) -> None:
    before = sorted(drawn_folder.iterdir())

    with pytest.raises(DataError, match=r"test1 does not exist"):
        make_sample(drawn_folder, 1, 0, splits=("train", "test1"))

    assert sorted(drawn_folder.iterdir()) == before


def test_fewer_than_one_image_per_class_is_refused(drawn_folder: Path) -> None:
    with pytest.raises(PlanError, match=r"per_class must be 1 or more, got 0"):
        make_sample(drawn_folder, per_class=0, seed=0)
