"""Mirrors src/unfreeze/data/learnable.py."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.learnable import require_learnable
from unfreeze.data.screen import screen
from unfreeze.errors import DataError


def check(index: ImageIndex) -> None:
    require_learnable(index, screen(index, None, num_workers=0))


def test_a_class_of_damaged_photos_is_named_with_what_is_wrong(
    drawn_folder: Path,
) -> None:
    (drawn_folder / "train/circles/circles00.png").write_bytes(b"")
    for path in (drawn_folder / "train/squares").iterdir():
        path.write_bytes(b"<html>404</html>")

    with pytest.raises(DataError) as caught:
        check(index_folder(drawn_folder / "train"))

    message = str(caught.value)
    assert "Of the class 'squares', none of the 12 photos in" in message
    assert "The first is 'squares/squares00.png'" in message
    assert "web page" in message
    assert "\n" not in message


def test_one_readable_photo_of_each_class_is_enough(drawn_folder: Path) -> None:
    for path in sorted((drawn_folder / "train/squares").iterdir())[1:]:
        path.write_bytes(b"")

    check(index_folder(drawn_folder / "train"))


def test_a_class_that_never_had_photos_was_named_on_purpose(drawn_folder: Path) -> None:
    index = index_folder(drawn_folder / "train")

    check(replace(index, classes=(*index.classes, "other")))


def test_a_label_among_several_may_be_lost(drawn_folder: Path) -> None:
    for path in (drawn_folder / "train/squares").iterdir():
        path.write_bytes(b"")
    index = index_folder(drawn_folder / "train")
    rows = np.eye(3, dtype=np.float32)[np.asarray(index.labels)]

    check(replace(index, labels=rows))
