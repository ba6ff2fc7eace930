"""Mirrors src/unfreeze/cores.py."""

import os
from pathlib import Path

import pytest

from unfreeze import cores
from unfreeze.cores import loading_threads, usable_cores

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max 100000", HERE),
        ("50000 100000", 1),
        ("100000 100000", 1),
        ("150000 100000\n", min(HERE, 2)),
        ("100000000 100000", HERE),
        ("", HERE),
        ("nonsense", HERE),
    ],
)
def test_a_quota_of_the_container_is_kept_to(
    tmp_path: Path, text: str, expected: int
) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(text)

    assert usable_cores(quota) == expected


def test_without_control_groups_all_cores_are_used(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "missing") == HERE


@pytest.mark.parametrize(("usable", "expected"), [(1, 1), (3, 3), (64, 8)])
def test_a_thread_reads_on_each_core_unless_there_are_many(
    monkeypatch: pytest.MonkeyPatch, usable: int, expected: int
) -> None:
    monkeypatch.setattr(cores, "usable_cores", lambda: usable)

    assert loading_threads() == expected
    assert [loading_threads(wanted) for wanted in (0, 1, 20)] == [0, 1, 20]


def test_cores_that_are_kept_from_this_process_are_not_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)

    assert usable_cores(tmp_path / "missing") == 1


@pytest.mark.parametrize(("count", "expected"), [(None, 1), (5, 5)])
def test_where_nothing_is_told_of_the_process_the_machine_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int | None, expected: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: count)

    assert usable_cores(tmp_path / "missing") == expected
