"""Mirrors src/unfreeze/data/paths.py."""

import os
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.paths import PackedNames, PackedPaths

_FOLDERS = [(b"cats", b"b.jpg\0a.jpg\0"), (b"", b"c.jpg\0"), (b"x/y", b"d.png\0")]
_NAMES = ["cats/a.jpg", "cats/b.jpg", "c.jpg", "x/y/d.png"]


def test_names_come_back_with_their_folders_and_sorted_within_them() -> None:
    assert list(PackedNames.from_folders(_FOLDERS)) == _NAMES


def test_names_in_their_final_order_keep_it() -> None:
    names = ["x/y/d.png", "b.jpg", "cats/a.jpg", "b.jpg"]

    assert list(PackedNames.from_names(names)) == names


def test_no_names_are_an_empty_sequence() -> None:
    for names in (
        PackedNames.from_folders([(b"empty", b"")]),
        PackedNames.from_folders([]),
        PackedNames.from_names([]),
    ):
        assert len(names) == 0
        assert list(names) == []


def test_take_follows_the_rows_given() -> None:
    names = PackedNames.from_folders(_FOLDERS).take(np.array([3, 0, 0]))

    assert list(names) == ["x/y/d.png", "cats/a.jpg", "cats/a.jpg"]


@pytest.mark.parametrize("part", [slice(1, 3), slice(None, None, -1), slice(9, 12)])
def test_slices_are_those_of_a_list(part: slice) -> None:
    assert list(PackedNames.from_names(_NAMES)[part]) == _NAMES[part]


def test_rows_beyond_the_end_are_refused_and_negative_ones_count_backwards() -> None:
    names = PackedNames.from_names(_NAMES)

    assert names[-1] == _NAMES[-1]
    for row in (4, -5):
        with pytest.raises(IndexError):
            names[row]


def test_bytes_that_are_no_text_survive() -> None:
    raw = b"caf\xe9 \xff.jpg"
    name = PackedNames.from_folders([(b"gr\xfc\xdfe", raw + b"\0")])[0]

    assert os.fsencode(name) == b"gr\xfc\xdfe/" + raw
    assert PackedNames.from_names([name])[0] == name


def test_paths_lie_below_their_root() -> None:
    paths = PackedPaths(Path("photos"), PackedNames.from_names(_NAMES))

    assert paths[2] == Path("photos/c.jpg")
    assert list(paths[:2]) == [Path("photos/cats/a.jpg"), Path("photos/cats/b.jpg")]
    assert list(paths.take(np.array([3]))) == [Path("photos/x/y/d.png")]
