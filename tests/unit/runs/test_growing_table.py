"""Mirrors src/unfreeze/runs/growing_table.py."""

import csv
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from unfreeze.answering import Answering
from unfreeze.errors import PlanError
from unfreeze.runs import growing_table
from unfreeze.runs.answers import AnswerColumns
from unfreeze.runs.blocks import BLOCK, Block
from unfreeze.runs.growing_table import GrowingTable

COLUMNS = AnswerColumns(Answering(classes=("cat", "dog")))
NAMES = [f'p/{number}, "a"\nb\u00e9.jpg' for number in range(2 * BLOCK + 9)]
"""Three blocks; names with all that a CSV file has to quote."""


def _block(first: int) -> Block:
    names = NAMES[first : first + BLOCK]
    share = np.arange(first, first + len(names)) / (2 * len(NAMES)) + 0.25
    errors = tuple("It is empty." if "7" in name else None for name in names)
    return Block(first, names, np.log(np.stack([share, 1 - share], axis=1)), errors)


def _table(folder: Path, digest: str = "d1") -> GrowingTable:
    return GrowingTable(folder / "x.csv", COLUMNS, digest)


def _go_on(table: GrowingTable, blocks: int | None = None) -> int:
    """Write the blocks that are left, or some of them."""
    before = table.num_whole(NAMES)
    table.go_on_after(before, NAMES)
    for first in list(range(before, len(NAMES), BLOCK))[:blocks]:
        table.append(_block(first))
    return before


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """The table as it is written in one go."""
    folder = tmp_path / "whole"
    folder.mkdir()
    with _table(folder) as table:
        _go_on(table)
        table.finish()
    return (folder / "x.csv").read_bytes()


def test_a_table_takes_its_name_when_it_is_whole(whole: bytes, tmp_path: Path) -> None:
    with _table(tmp_path) as table:
        _go_on(table, 2)
        assert not (tmp_path / "x.csv").exists()
        _go_on(table)
        table.finish()

    assert (tmp_path / "x.csv").read_bytes() == whole
    assert [each.name for each in tmp_path.glob(".*")] == []
    rows = list(csv.reader(whole.decode().splitlines(keepends=True)))
    assert [row[0] for row in rows] == ["file", *NAMES]
    assert rows[8] == [NAMES[7], "", "", "", "", "It is empty."]


@pytest.mark.parametrize("cut", [-1, -2, -30, 3, 40, 4000])
def test_a_file_that_was_cut_anywhere_ends_up_the_same(
    whole: bytes, tmp_path: Path, cut: int
) -> None:
    with _table(tmp_path) as table:
        part = table.part
    part.write_bytes(whole[:cut])

    with _table(tmp_path) as table:
        before = _go_on(table)
        table.finish()

    assert before % BLOCK == 0
    assert (tmp_path / "x.csv").read_bytes() == whole


def test_whole_blocks_are_not_answered_again(tmp_path: Path) -> None:
    with _table(tmp_path) as table:
        _go_on(table, 2)

    with _table(tmp_path) as table:
        assert table.num_whole(NAMES) == 2 * BLOCK


def test_a_table_that_only_lacks_its_name_is_whole(
    whole: bytes, tmp_path: Path
) -> None:
    with _table(tmp_path) as table:
        _go_on(table)

    with _table(tmp_path) as table:
        assert table.num_whole(NAMES) == len(NAMES)
        table.go_on_after(len(NAMES), NAMES)
        table.finish()
    assert (tmp_path / "x.csv").read_bytes() == whole


def test_rows_about_other_photos_are_written_again(
    whole: bytes, tmp_path: Path
) -> None:
    with _table(tmp_path) as table:
        _go_on(table, 2)
        part = table.part
    part.write_bytes(part.read_bytes().replace(b"p/70,", b"q/70,"))

    with _table(tmp_path) as table:
        assert _go_on(table) == BLOCK
        table.finish()
    assert (tmp_path / "x.csv").read_bytes() == whole


def test_zeros_behind_the_last_row_are_cut_off(whole: bytes, tmp_path: Path) -> None:
    """As some file systems leave them after a power cut."""
    with _table(tmp_path) as table:
        _go_on(table, 1)
        part = table.part
    part.write_bytes(part.read_bytes() + bytes(999))

    with _table(tmp_path) as table:
        assert _go_on(table) == BLOCK
        table.finish()
    assert (tmp_path / "x.csv").read_bytes() == whole


def test_another_job_begins_anew_and_leaves_the_first_alone(tmp_path: Path) -> None:
    with _table(tmp_path) as table:
        _go_on(table, 1)
        left = table.part

    with _table(tmp_path, "d2") as other:
        assert other.num_whole(NAMES) == 0
        assert other.leftovers == [left]


def test_a_name_is_no_pattern(tmp_path: Path) -> None:
    with GrowingTable(tmp_path / "x[1]*.csv", COLUMNS, "d1") as table:
        table.go_on_after(0, NAMES)
        table.append(_block(0))
        left = table.part

    with GrowingTable(tmp_path / "x1.csv", COLUMNS, "d2") as other:
        assert other.leftovers == []
    with GrowingTable(tmp_path / "x[1]*.csv", COLUMNS, "d2") as other:
        assert other.leftovers == [left]


def test_nothing_remains_of_a_table_without_a_row(tmp_path: Path) -> None:
    with _table(tmp_path) as table:
        table.go_on_after(0, NAMES)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_two_commands_cannot_write_the_same(tmp_path: Path) -> None:
    with (
        _table(tmp_path),
        pytest.raises(PlanError, match="Another command is writing"),
    ):
        _table(tmp_path)


def _meanwhile(event: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen between the first opening of a file and its locking."""
    lock, events = growing_table.lock, [event]

    def late(stream: BinaryIO) -> None:
        if events:
            events.pop()()
        lock(stream)

    monkeypatch.setattr(growing_table, "lock", late)


def test_a_table_that_another_command_has_just_finished_stays_whole(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _table(tmp_path)
    _go_on(first)
    _meanwhile(first.finish, monkeypatch)

    with _table(tmp_path) as second:
        second.go_on_after(0, NAMES)
        assert (tmp_path / "x.csv").read_bytes() == whole
        _go_on(second)
        second.finish()

    assert (tmp_path / "x.csv").read_bytes() == whole


def test_what_another_command_has_just_removed_is_not_written_to(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _table(tmp_path)
    _meanwhile(first.close, monkeypatch)

    with _table(tmp_path) as second:
        _go_on(second)
        second.finish()

    assert (tmp_path / "x.csv").read_bytes() == whole


@pytest.mark.skipif(sys.platform == "win32", reason="open files keep their names there")
@pytest.mark.parametrize("end", ["finish", "discard"])
def test_a_file_stays_locked_until_its_name_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    table = _table(tmp_path)
    table.go_on_after(0, NAMES)
    rename = {"finish": "replace", "discard": "unlink"}[end]

    def refused(part: Path, *_: object) -> None:
        with pytest.raises(PlanError, match="Another command is writing"):
            GrowingTable(table.target, COLUMNS, "d1")
        raise PermissionError(part)

    with monkeypatch.context() as patched:
        patched.setattr(Path, rename, refused)
        with pytest.raises(PermissionError):
            getattr(table, end)()


def test_rows_are_put_into_their_order_at_the_end(whole: bytes, tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(len(NAMES))
    with GrowingTable(tmp_path / "x.csv", COLUMNS, "d1", order) as table:
        _go_on(table, 1)
    with GrowingTable(tmp_path / "x.csv", COLUMNS, "d1", order) as table:
        assert _go_on(table) == BLOCK
        table.finish()

    in_order = (tmp_path / "x.csv").read_bytes()
    titles, *rows = csv.reader(in_order.decode().splitlines(keepends=True))
    as_they_came = list(csv.reader(whole.decode().splitlines(keepends=True)))
    assert titles == as_they_came[0]
    assert rows == [as_they_came[1 + photo] for photo in order]
    assert list(tmp_path.glob(".*")) == []


def test_a_discarded_table_leaves_nothing(tmp_path: Path) -> None:
    with _table(tmp_path) as table:
        _go_on(table)
        table.discard()

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_to_have_no_room_for_the_table(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    with _table(tmp_path) as table:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            with pytest.raises(OSError, match=r"File too large: '.*/x\.csv'"):
                _go_on(table)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
