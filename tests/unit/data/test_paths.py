"""Mirrors src/unfreeze/data/paths.py."""

import os
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.paths import PackedNames, PackedPaths

_FOLDERS = [(b"cats", [b"a.jpg", b"b.jpg"]), (b"", [b"c.jpg"]), (b"x/y", [b"d.png"])]
_NAMES = ["cats/a.jpg", "cats/b.jpg", "c.jpg", "x/y/d.png"]


def test_names_come_back_in_order_with_their_folders() -> None:
    assert list(PackedNames.from_folders(_FOLDERS)) == _NAMES
    assert list(PackedNames.from_names(_NAMES)) == _NAMES


def test_no_names_are_an_empty_sequence() -> None:
    names = PackedNames.from_folders([(b"empty", [])])

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
    with pytest.raises(IndexError):
        names[4]


def test_bytes_that_are_no_text_survive() -> None:
    raw = b"caf\xe9 \xff.jpg"
    name = PackedNames.from_folders([(b"gr\xfc\xdfe", [raw])])[0]

    assert os.fsencode(name) == b"gr\xfc\xdfe/" + raw
    assert PackedNames.from_names([name])[0] == name


def test_paths_lie_below_their_root() -> None:
    paths = PackedPaths(Path("photos"), PackedNames.from_names(_NAMES))

    assert paths[2] == Path("photos/c.jpg")
    assert list(paths[:2]) == [Path("photos/cats/a.jpg"), Path("photos/cats/b.jpg")]
    assert list(paths.take(np.array([3]))) == [Path("photos/x/y/d.png")]
