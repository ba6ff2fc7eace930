import os
from pathlib import Path

import pytest

from unfreeze.serve.cores import usable_cores

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
