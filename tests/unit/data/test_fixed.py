"""Mirrors src/unfreeze/data/fixed.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.fixed import FixCounts, apply_fixes, require_known
from unfreeze.data.fixes import Fix
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.screen import Screening, screen
from unfreeze.errors import DataError


@pytest.fixture
def split(drawn_folder: Path) -> Screening:
    """The training photos, of which one cannot be read."""
    (drawn_folder / "train/circles/circles00.png").write_bytes(b"junk")
    return screen(index_folder(drawn_folder / "train"), None, num_workers=0)


def by_file(*fixes: Fix) -> dict[str, Fix]:
    return {fix.file: fix for fix in fixes}


def test_fixes_drop_rows_and_change_labels_and_nothing_else(
    split: Screening, drawn_folder: Path
) -> None:
    fixes = by_file(
        Fix("train/circles/circles01.png", "drop"),
        Fix("train/circles/circles02.png", "relabel", "stripes"),
        Fix("train/circles/circles03.png", "keep"),
        Fix("valid/circles/circles04.png", "drop"),
    )

    fixed, counts = apply_fixes(split, fixes, drawn_folder)

    before = dict(zip(split.index.names, split.index.labels.tolist(), strict=True))
    del before["circles/circles01.png"]
    before["circles/circles02.png"] = 2
    after = dict(zip(fixed.index.names, fixed.index.labels.tolist(), strict=True))
    assert after == before
    assert counts == FixCounts(dropped=1, relabelled=1, kept=1)
    assert len(fixed.digests) == len(fixed.looks) == 34
    assert split.index.labels.tolist()[:3] == [0, 0, 0]


def test_an_unreadable_file_that_is_dropped_is_not_skipped_any_more(
    split: Screening, drawn_folder: Path
) -> None:
    fixes = by_file(Fix("train/circles/circles00.png", "drop"))

    fixed, counts = apply_fixes(split, fixes, drawn_folder)

    assert (len(split.skipped), fixed.skipped) == (1, ())
    assert counts == FixCounts(dropped=1)


def test_class_folders_alone_have_no_split_in_their_names(
    split: Screening, drawn_folder: Path
) -> None:
    fixes = by_file(Fix("stripes/stripes00.png", "drop"))

    fixed, _ = apply_fixes(split, fixes, drawn_folder / "train")

    assert "stripes/stripes00.png" not in fixed.index.names


@pytest.mark.parametrize(
    ("fix", "found"),
    [
        (
            Fix("circles/circles01.png", "drop", "", 7),
            r"Line 7 of f.csv names 'circles/circles01.png', which is not among the 36 "
            r".*such as 'train/circles/circles00.png'",
        ),
        (
            Fix("train/circles/circles01.png", "relabel", "Stripes", 9),
            r"Line 9 of f.csv has the label 'Stripes'. Expected .*'stripes'",
        ),
    ],
)
def test_what_is_not_there_is_refused_with_its_line(
    split: Screening, drawn_folder: Path, fix: Fix, found: str
) -> None:
    with pytest.raises(DataError, match=found):
        require_known(by_file(fix), [split], drawn_folder, Path("f.csv"))


def test_known_files_are_readable_or_not(split: Screening, drawn_folder: Path) -> None:
    fixes = by_file(
        Fix("train/circles/circles00.png", "drop"),
        Fix("train/circles/circles01.png", "relabel", "stripes"),
    )

    require_known(fixes, [split], drawn_folder, Path("f.csv"))


def test_ignored_files_beyond_the_named_ones_are_known(drawn_folder: Path) -> None:
    for number in range(1002):
        (drawn_folder / f"train/circles/{number}.txt").touch()
    split = screen(index_folder(drawn_folder / "train"), None, num_workers=0)
    assert len(split.index.ignored) == 1000 < split.index.num_ignored
    names = [f"train/circles/{number}.txt" for number in range(1002)]
    fixes = by_file(*(Fix(name, "drop") for name in names))

    require_known(fixes, [split], drawn_folder, Path("f.csv"))

    for elsewhere in ("valid/circles/circles00.png", "train/../valid/x", "train/no"):
        with pytest.raises(DataError, match="which is not among"):
            require_known(
                by_file(Fix(elsewhere, "drop")), [split], drawn_folder, Path("f.csv")
            )


def test_a_photo_of_several_labels_is_not_relabelled(split: Screening) -> None:
    hot = np.eye(3, dtype=np.float32)[split.index.labels]
    index = split.index
    several = Screening(
        ImageIndex(index.root, index.classes, index.sources, hot),
        split.digests,
        (),
        split.looks,
    )

    with pytest.raises(DataError, match="may have several"):
        apply_fixes(
            several,
            by_file(Fix("circles/circles01.png", "relabel", "stripes")),
            index.root,
        )
    dropped, _ = apply_fixes(
        several, by_file(Fix("circles/circles01.png", "drop")), index.root
    )
    assert len(dropped.index) == 34
