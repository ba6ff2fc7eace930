"""Mirrors src/unfreeze/runs/fixing.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from tests.fix_tables import write_fixes
from unfreeze.data.fixes import Fix
from unfreeze.errors import DataError
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.runs.fixing import fixed_photos

MakeData: TypeAlias = Callable[..., ImageClassifierData]


def fixed(
    data: ImageClassifierData, folder: Path, fixes: list[Fix]
) -> ImageClassifierData:
    path = folder.parent / "fixes.csv"
    write_fixes(path, fixes)
    return fixed_photos(data, folder, path, arch="unfreeze_nano")


def test_right_labels_bring_accuracy(drawn_folder: Path, make_data: MakeData) -> None:
    """8 of 12 training squares lie among the stripes, so squares look like stripes."""
    moved = [f"squares{n:02}.png" for n in range(8)]
    for name in moved:
        (drawn_folder / "train/squares" / name).rename(
            drawn_folder / "train/stripes" / name
        )
    fixes = [Fix(f"train/stripes/{name}", "relabel", "squares") for name in moved]
    fixes.append(Fix("valid/circles/circles00.png", "drop"))
    fixes.append(Fix("valid/circles/circles01.png", "keep"))

    data = fixed(make_data(drawn_folder), drawn_folder, fixes)

    assert data.fixes is not None
    assert (data.fixes.dropped, data.fixes.relabelled, data.fixes.kept) == (1, 8, 1)
    assert data.fixes.accuracy_before is not None
    assert data.fixes.accuracy_after is not None
    assert data.fixes.accuracy_after > data.fixes.accuracy_before + 0.15
    assert data.fixes.accuracy_after > 0.9
    assert len(data.val_ds) == 17
    assert (drawn_folder / "train/stripes/squares00.png").is_file()


def test_validation_labels_that_were_wrong_count_as_right_in_both(
    drawn_folder: Path, make_data: MakeData
) -> None:
    (drawn_folder / "valid/squares/squares00.png").rename(
        drawn_folder / "valid/stripes/squares00.png"
    )

    data = fixed(
        make_data(drawn_folder),
        drawn_folder,
        [Fix("valid/stripes/squares00.png", "relabel", "squares")],
    )

    assert data.fixes is not None
    assert data.fixes.accuracy_before == data.fixes.accuracy_after == 1.0


def test_a_label_of_several_that_no_photo_carries_any_more_is_refused(
    drawn_folder: Path, make_data: MakeData
) -> None:
    data = make_data(drawn_folder)
    hot = np.eye(3, dtype=np.float32)[data.train.index.labels]
    several = replace(
        data,
        train=replace(data.train, index=replace(data.train.index, labels=hot)),
        valid=replace(
            data.valid,
            index=replace(
                data.valid.index,
                labels=np.eye(3, dtype=np.float32)[data.valid.index.labels],
            ),
        ),
    )
    squares = sorted((drawn_folder / "train/squares").iterdir())
    drops = [Fix(f"train/squares/{path.name}", "drop") for path in squares]

    with pytest.raises(DataError, match="no training photo of the class 'squares'"):
        fixed(several, drawn_folder, drops)
    assert len(fixed(several, drawn_folder, drops[1:]).train.index) == 25


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("valid/*/*.png", "drops every validation photo"),
        ("train/squares/*.png", "leaves no training photo of the class 'squares'"),
    ],
)
def test_nothing_left_is_refused(
    drawn_folder: Path, make_data: MakeData, pattern: str, found: str
) -> None:
    files = [
        path.relative_to(drawn_folder).as_posix()
        for path in sorted(drawn_folder.glob(pattern))
    ]

    with pytest.raises(DataError, match=found):
        fixed(
            make_data(drawn_folder), drawn_folder, [Fix(file, "drop") for file in files]
        )
