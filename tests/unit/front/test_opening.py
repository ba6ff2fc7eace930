"""Mirrors src/unfreeze/front/opening.py."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from unfreeze.cores import loading_threads
from unfreeze.data import screen
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.errors import DataError, PlanError
from unfreeze.front.opening import (
    as_reading,
    opened,
    opened_to_learn,
    require_classes,
)
from unfreeze.front.tfms import tfms_from_stats

TFMS = tfms_from_stats(None, 32)


@pytest.fixture
def classes(photos: Path, tmp_path: Path) -> Path:
    """Three folders of six photos, of this test alone."""
    return Path(shutil.copytree(photos / "valid", tmp_path / "classes"))


@pytest.mark.parametrize("tfms", [(None, None), (TFMS[0], None), (None, TFMS[1])])
def test_transforms_are_asked_for(tfms: object) -> None:
    with pytest.raises(PlanError, match="tfms_from_model"):
        as_reading(8, tfms, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bs", "num_workers", "word"), [(0, 0, "bs"), (8, -1, "num_workers")]
)
def test_numbers_out_of_range_are_refused(bs: int, num_workers: int, word: str) -> None:
    with pytest.raises(PlanError, match=rf"{word} is the number .*got (0|-1)\."):
        as_reading(bs, TFMS, num_workers)


def test_threads_are_chosen_unless_they_are_given() -> None:
    assert as_reading(8, TFMS, None).num_workers == loading_threads()
    assert as_reading(8, TFMS, 0).num_workers == 0


def test_one_class_is_too_few_unless_photos_may_carry_several() -> None:
    pixels = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    one = ImageIndex(Path("here"), ("a",), pixels, np.array([0, 0]))

    with pytest.raises(DataError, match=r"1 class \['a'\] in here\..*2 classes or"):
        require_classes(Path("here"), one)
    labels = np.ones((2, 1), dtype=np.float32)
    require_classes(Path("here"), ImageIndex(Path("here"), ("a",), pixels, labels))


def test_what_cannot_be_read_is_left_out_and_remembered(
    classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (classes / "circles" / "circles01.png").write_bytes(b"torn")
    monkeypatch.setattr(screen, "_SETTLED_NS", 0)

    found = opened(classes, index_folder(classes), 0)

    assert [each.file for each in found.skipped] == ["circles/circles01.png"]
    assert len(found.index) == 17
    assert list((classes / "tmp").glob("screened*"))


def test_arrays_leave_nothing_on_the_disk(tmp_path: Path) -> None:
    pixels = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    arrays = ImageIndex(tmp_path, ("a", "b"), pixels, np.array([0, 1]))

    assert len(opened(tmp_path, arrays, 0).index) == 2
    assert not list(tmp_path.iterdir())


def test_no_class_is_lost_by_what_cannot_be_read(classes: Path) -> None:
    index = index_folder(classes)
    for path in (classes / "squares").iterdir():
        path.write_bytes(b"torn")

    with pytest.raises(DataError, match="'squares', none of the 6 photos"):
        opened_to_learn(classes, index, 0)
