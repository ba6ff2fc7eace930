"""Mirrors src/unfreeze/runs/journal.py."""

import os
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.paths import PackedNames
from unfreeze.records import Skipped
from unfreeze.runs.blocks import BLOCK, Block
from unfreeze.runs.journal import Journal


@pytest.fixture
def photos(tmp_path: Path) -> PackedNames:
    """130 names, two of them of files: one of any bytes and one with a line break."""
    odd = os.fsdecode(b"caf\xe9\n1.jpg") if os.name == "posix" else "caf 1.jpg"
    names = [str(tmp_path / name) for name in (odd, "=2.jpg")]
    for name in names:
        Path(name).write_bytes(b"some")
    return PackedNames.from_names([*names, *(f"none/{n}.jpg" for n in range(128))])


def _block(photos: PackedNames, first: int, bad: int | None = None) -> Block:
    names = photos[first : first + BLOCK]
    rows = range(first, first + len(names))
    errors = tuple("It is,\n=bad." if row == bad else None for row in rows)
    return Block(first, names, np.zeros((len(names), 2)), errors)


def _journal(tmp_path: Path, photos: PackedNames) -> Journal:
    return Journal(tmp_path / "x.csv", photos, "d1")


def test_photos_that_are_as_they_were_need_no_second_answer(
    tmp_path: Path, photos: PackedNames
) -> None:
    with _journal(tmp_path, photos) as journal:
        assert journal.go_on_after(0) == (0, None)
        journal.append(_block(photos, 0, bad=1))
        journal.append(_block(photos, BLOCK))

    with _journal(tmp_path, photos) as journal:
        assert journal.num_same() == 2 * BLOCK
        assert journal.go_on_after(BLOCK) == (1, Skipped(photos[1], "It is,\n=bad."))
        journal.append(_block(photos, BLOCK, bad=70))
        journal.append(_block(photos, 2 * BLOCK))
        assert journal.num_same() == len(photos)
        assert journal.go_on_after(len(photos))[0] == 2


def test_what_changes_a_photo_after_the_start_shows_the_next_time(
    tmp_path: Path, photos: PackedNames
) -> None:
    """It may have been read before or after the change."""
    with _journal(tmp_path, photos) as journal:
        journal.go_on_after(0)
        Path(photos[0]).write_bytes(b"other")
        journal.append(_block(photos, 0))

    with _journal(tmp_path, photos) as journal:
        assert journal.num_same() == 0


def test_nothing_is_left_of_a_journal_that_is_done_with(
    tmp_path: Path, photos: PackedNames
) -> None:
    before = sorted(tmp_path.iterdir())
    with _journal(tmp_path, photos) as journal:
        journal.go_on_after(0)
        journal.append(_block(photos, 0))
        journal.discard()

    assert sorted(tmp_path.iterdir()) == before
