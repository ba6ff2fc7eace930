"""Mirrors src/unfreeze/data/digits.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.decode import read_pixels
from unfreeze.data.digits import write_digits
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.errors import DataError


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "digits"
    write_digits(folder, side=16)
    return folder


def _splits(folder: Path) -> tuple[ImageIndex, ImageIndex]:
    return index_folder(folder / "train"), index_folder(folder / "valid")


def test_one_in_five_of_every_digit_is_held_out(digits: Path) -> None:
    train, valid = _splits(digits)

    assert train.classes == valid.classes == tuple("0123456789")
    assert (len(train), len(valid)) == (1438, 359)
    shares = np.bincount(valid.labels) / np.bincount(train.labels)
    assert shares.min() > 0.23
    assert shares.max() < 0.27


def test_files_show_the_digits_that_scikit_learn_installs(digits: Path) -> None:
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    for index in _splits(digits):
        for row in range(0, len(index), 50):
            number = int(Path(index.name(row)).stem)
            assert labels[number] == index.labels[row]
            small = read_pixels(index.sources[row], squash_to=8, interpolation="box")
            expected = values[number].reshape(8, 8) * 255 / 16
            assert np.corrcoef(small[:, :, 0].ravel(), expected.ravel())[0, 1] > 0.97


def test_images_have_the_side_asked_for(digits: Path) -> None:
    assert read_pixels(_splits(digits)[0].sources[0]).shape == (16, 16, 3)


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"exists already"):
        write_digits(tmp_path)
