"""Mirrors src/unfreeze/data/learnable.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import index_folder
from unfreeze.data.learnable import require_learnable
from unfreeze.data.screen import Screening, screen
from unfreeze.errors import DataError


def screened(root: Path) -> Screening:
    return screen(index_folder(root), None, num_workers=0)


def test_a_class_of_damaged_photos_is_named_with_what_is_wrong(
    drawn_folder: Path,
) -> None:
    (drawn_folder / "train/circles/circles00.png").write_bytes(b"")
    for path in (drawn_folder / "train/squares").iterdir():
        path.write_bytes(b"<html>404</html>")
    photos = screened(drawn_folder / "train")

    with pytest.raises(DataError) as caught:
        require_learnable(photos)

    message = str(caught.value)
    assert "Among the 23 training photos" in message
    assert "none of 'squares'" in message
    assert "12 files left out, first 'squares/squares00.png'" in message
    assert "web page" in message
    assert "\n" not in message


def test_a_class_that_is_on_the_other_side_is_named(drawn_folder: Path) -> None:
    photos = screened(drawn_folder / "train")
    rows = np.flatnonzero(np.asarray(photos.index.labels) != 2)

    with pytest.raises(DataError, match=r"none of 'stripes'.*to learn from\. Add"):
        require_learnable(photos.take(rows))


def test_one_readable_photo_of_each_class_is_enough(drawn_folder: Path) -> None:
    for path in sorted((drawn_folder / "train/squares").iterdir())[1:]:
        path.write_bytes(b"")

    require_learnable(screened(drawn_folder / "train"))
