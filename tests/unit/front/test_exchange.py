"""Mirrors src/unfreeze/front/exchange.py."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from unfreeze.errors import PlanError
from unfreeze.front.exchange import is_measured_alike, require_same_labels
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_model

MakeData: TypeAlias = Callable[..., ImageClassifierData]


def test_scores_are_compared_over_equal_photos_at_one_size_alone(
    drawn_folder: Path, make_data: MakeData
) -> None:
    data = make_data(drawn_folder)
    shutil.copytree(drawn_folder / "valid", drawn_folder / "same")
    shutil.copytree(drawn_folder / "valid", drawn_folder / "fewer")
    (drawn_folder / "fewer" / "circles" / "circles00.png").unlink()
    shutil.copytree(drawn_folder / "valid", drawn_folder / "moved")
    (drawn_folder / "moved" / "circles" / "circles05.png").rename(
        drawn_folder / "moved" / "squares" / "!.png"
    )

    assert is_measured_alike(data, make_data(drawn_folder, bs=4, val_name="same"))
    assert not is_measured_alike(data, make_data(drawn_folder, size=48))
    for name in ("fewer", "moved"):
        assert not is_measured_alike(data, make_data(drawn_folder, val_name=name))


def arrays(root: Path, labels: np.ndarray) -> ImageClassifierData:
    split = (np.zeros((3, 32, 32, 3), dtype=np.uint8), labels)
    return ImageClassifierData.from_arrays(
        root, split, split, tfms=tfms_from_model("unfreeze_nano", 32)
    )


def test_photos_with_one_label_do_not_follow_those_with_several(
    tmp_path: Path,
) -> None:
    one = arrays(tmp_path, np.array([0, 1, 2]))
    several = arrays(tmp_path, np.eye(3, dtype=np.int64))
    assert one.classes == several.classes

    require_same_labels(one, one)
    with pytest.raises(PlanError, match=r"one label each, and .* several labels each"):
        require_same_labels(one, several)
    with pytest.raises(PlanError, match=r"several labels each, and .* one label each"):
        require_same_labels(several, one)


def test_other_classes_are_refused(drawn_folder: Path, make_data: MakeData) -> None:
    before = make_data(drawn_folder)
    for split in ("train", "valid"):
        (drawn_folder / split / "circles").rename(drawn_folder / split / "discs")

    with pytest.raises(PlanError, match=r"circles.*discs.*Build a new learner"):
        require_same_labels(before, make_data(drawn_folder))
