"""Mirrors src/unfreeze/data/holding_out.py."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfreeze.data import near_links
from unfreeze.data.holding_out import hold_out
from unfreeze.data.index import index_folder
from unfreeze.data.likeness import copy_groups, look_alikes
from unfreeze.data.screen import Screening, screen


def picture(seed: int) -> Image.Image:
    """Soft coloured clouds, other ones for every seed."""
    grid = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((144, 144), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Screening:
    """12 photos of 3 classes, small copies of ten, an equal one of one, one broken.

    Copies carry the number of their original.
    """
    root = tmp_path_factory.mktemp("clouds")
    for label, name in enumerate(("circles", "squares", "stripes")):
        (root / name).mkdir()
        for number in range(12):
            drawn = picture(100 * label + number)
            drawn.save(root / name / f"{name}{number:02}.png")
            if label == 0 and number < 10:
                small = drawn.resize((96, 96))
                small.save(root / name / f"small{number:02}.jpg", quality=80)
    equal = (root / "squares/squares00.png").read_bytes()
    (root / "squares/equal00.png").write_bytes(equal)
    (root / "squares/broken.png").write_bytes(b"junk")
    return screen(index_folder(root), None, num_workers=0)


def groups_of(photos: Screening) -> np.ndarray:
    likeness = look_alikes(photos.digests, photos.hashes)
    return copy_groups(photos.digests, likeness)


def test_copies_share_a_number_and_other_photos_do_not(screened: Screening) -> None:
    groups = groups_of(screened)

    names = [name.rpartition("/")[2] for name in screened.index.names]
    expected = {
        frozenset({f"circles{n:02}.png", f"small{n:02}.jpg"}) for n in range(10)
    } | {frozenset({"squares00.png", "equal00.png"})}
    found = {
        frozenset(np.array(names)[groups == group].tolist())
        for group in np.unique(groups)
    }
    assert {names for names in found if len(names) > 1} == expected


def test_of_very_many_photos_copies_share_a_number_too(
    screened: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = groups_of(screened)
    monkeypatch.setattr(near_links, "_MOST_ALL_BY_ALL", 3)

    np.testing.assert_array_equal(groups_of(screened), expected)


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_on_one_side(screened: Screening, seed: int) -> None:
    parts = hold_out(screened, 0.3, seed)

    sides = [
        {name[-6:-4] for name in side.index.names if name.startswith("circles/")}
        - {"10", "11"}
        for side in (parts.train, parts.valid)
    ]
    assert not sides[0] & sides[1]
    assert parts.grouping is not None
    assert (parts.grouping.by, parts.grouping.num_duplicates) == (None, 22)


def test_what_looks_alike_is_handed_on_in_the_rows_of_both_sides(
    screened: Screening,
) -> None:
    parts = hold_out(screened, 0.3, 0)

    names = [*parts.train.index.names, *parts.valid.index.names]
    pairs = {frozenset(names[row] for row in pair) for pair in parts.likeness.pairs}
    assert pairs == {
        frozenset({f"circles/circles{n:02}.png", f"circles/small{n:02}.jpg"})
        for n in range(10)
    }


def test_what_was_left_out_is_named_once(screened: Screening) -> None:
    parts = hold_out(screened, 0.3, 0)

    assert [each.file for each in parts.train.skipped] == ["squares/broken.png"]
    assert (parts.valid.skipped, parts.valid.index.ignored) == ((), ())


def test_named_groups_and_copies_stay_together_at_once(screened: Screening) -> None:
    """Circles hang together by name, their copies by looks."""
    names = ["all" if "circles/circles" in n else None for n in screened.index.names]

    parts = hold_out(screened, 0.3, 0, group_by="a column", names=names)

    linked = {f"circles/small{n:02}.jpg" for n in range(10)}
    linked |= {f"circles/circles{n:02}.png" for n in range(12)}
    assert linked <= set(
        parts.train.index.names
    )  # all of a class, so that it can be learned
    assert parts.grouping is not None
    assert (parts.grouping.by, parts.grouping.num_groups) == ("a column", 1)
    assert parts.grouping.num_alone == 36 + 11 - 12


def test_without_groups_or_copies_there_is_nothing_to_tell(drawn_folder: Path) -> None:
    plain = screen(index_folder(drawn_folder / "train"), None, num_workers=0)

    assert hold_out(plain, 0.2, 0).grouping is None
