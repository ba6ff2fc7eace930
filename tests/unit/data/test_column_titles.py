"""Mirrors src/unfreeze/data/column_titles.py."""

from collections.abc import Callable

import pytest

from unfreeze.data.column_titles import (
    is_of_labels,
    is_of_photos,
    is_of_splits,
    is_perhaps_of_photos,
    says_nothing,
)


@pytest.mark.parametrize(
    ("is_so", "titles", "others"),
    [
        (
            is_of_photos,
            # of Kaggle's airbus ships and birds, of torchvision's GTSRB, and others
            ["ImageId", "filepaths", "Path", "File Name", "image-id", "IMAGES", "img"],
            ["id", "x", "mask", "imageless", "patient_id", ""],
        ),
        (is_perhaps_of_photos, ["ID", " name "], ["ids", "image", ""]),
        (
            is_of_labels,
            ["labels", "class", "Class Name", "tags", "targets", "species", "Breeds"],
            ["class id", "classless", "dx", "level", ""],
        ),
        (
            is_of_splits,
            ["data set", "data_set", "Data-Set", "is_valid", "Fold"],
            ["data", "label", ""],
        ),
        (says_nothing, ["", " ", "Unnamed: 0"], ["unnamed", "0", "x"]),
    ],
)
def test_titles_are_known_however_they_are_written(
    is_so: Callable[[str], bool], titles: list[str], others: list[str]
) -> None:
    assert [title for title in titles if not is_so(title)] == []
    assert [title for title in others if is_so(title)] == []
