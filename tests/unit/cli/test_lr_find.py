"""Mirrors src/unfreeze/cli/lr_find.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

SHORT = "--arch unfreeze_nano --size 32 --batch-size 8 --num-workers 0"

Unfreeze: TypeAlias = Callable[..., Any]


def test_it_suggests_a_rate_and_leaves_a_picture(
    unfreeze: Unfreeze, photos: Path, tmp_path: Path
) -> None:
    ended = unfreeze(f"lr-find {SHORT}", photos)

    assert ended.code == 0
    assert ended.out.startswith("suggested rate: ")
    assert ended.out.endswith("lr_find.png\n")
    assert [each.name for each in tmp_path.iterdir()] == ["lr_find.png"]


def test_json_has_the_rate_its_interval_and_the_verdict(
    unfreeze: Unfreeze, photos: Path
) -> None:
    content = unfreeze(f"lr-find {SHORT} --plot x.svg --json", photos).content

    assert set(content) == {"rate", "low", "high", "verdict", "reason", "plot"}
    if content["rate"] is not None:
        assert content["low"] <= content["rate"] <= content["high"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--plot no/x.png", "no folder no"),
        ("--plot x.xyz", "ends in one of"),
        ("--arch resnt34", "Did you mean"),
    ],
)
def test_a_mistake_is_one_line(
    unfreeze: Unfreeze, photos: Path, words: str, found: str
) -> None:
    assert found in unfreeze(f"lr-find {SHORT} {words}", photos).mistake
