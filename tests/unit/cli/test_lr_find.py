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
        ("--plot PHOTOS/train/circles/new.png", "be taken for a photo"),
        ("--arch resnt34", "Did you mean"),
    ],
)
def test_a_mistake_is_one_line(
    unfreeze: Unfreeze, photos: Path, words: str, found: str
) -> None:
    words = words.replace("PHOTOS", str(photos))
    assert found in unfreeze(f"lr-find {SHORT} {words}", photos).mistake


def test_photos_are_read_as_train_reads_them(
    unfreeze: Unfreeze, photos: Path, tmp_path: Path
) -> None:
    """From the same options: groups, fixes, tables and balance."""
    fixes = tmp_path / "fixes.csv"
    fixes.write_text("file,action,label\ntrain/circles/circles00.png,drop,\n")
    options = ["--group-by", r"(\d\d)\.png", "--fixes", str(fixes)]

    ended = unfreeze(f"lr-find {SHORT} --balance sampling", photos, *options)

    assert ended.code == 0
    assert "fixes: 1 dropped" in ended.out
    assert "12 groups by" in ended.out


def test_a_table_may_give_several_labels(
    unfreeze: Unfreeze, photos: Path, tmp_path: Path
) -> None:
    names = sorted((photos / "train").rglob("*.png"))
    rows = [
        f"{path.relative_to(photos / 'train').with_suffix('').as_posix()},"
        f"{path.parent.name}{' odd' if number % 2 else ''}"
        for number, path in enumerate(names)
    ]
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["file,labels", *rows]))
    options = ["--csv", str(table), "--folder", "train", "--suffix", ".png"]

    ended = unfreeze(f"lr-find {SHORT}", photos, *options)

    assert ended.code == 0
    assert "suggested rate" in ended.out
