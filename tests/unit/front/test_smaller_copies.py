"""Mirrors src/unfreeze/front/smaller_copies.py."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from PIL import Image

from unfreeze.data.decode import read_pixels
from unfreeze.front.image_data import ImageClassifierData

MakeData: TypeAlias = Callable[..., ImageClassifierData]


def test_resized_photos_are_read_and_the_root_stays(
    drawn_folder: Path, make_data: MakeData
) -> None:
    data = make_data(drawn_folder)

    small = data.resize(40)

    assert small.path == data.path
    assert list(small.trn_ds.fnames) == list(data.trn_ds.fnames)
    copies = list((drawn_folder / "tmp").rglob("40/*/*.png"))
    assert len(copies) == 54
    assert {min(read_pixels(path).shape[:2]) for path in copies} == {40}
    assert small.train.index.sources[0].is_relative_to(drawn_folder / "tmp")


def test_resizing_again_writes_nothing(drawn_folder: Path, make_data: MakeData) -> None:
    data = make_data(drawn_folder)

    def times() -> dict[Path, int]:
        copies = (drawn_folder / "tmp").rglob("40/*/*.png")
        return {path: path.stat().st_mtime_ns for path in copies}

    data.resize(40)
    before = times()
    data.resize(40)

    assert times() == before


def test_folders_with_equal_names_and_times_keep_copies_of_their_own(
    drawn_folder: Path, make_data: MakeData
) -> None:
    """As an archive leaves them; copies of one are not taken for those of another."""
    shutil.copytree(drawn_folder / "train", drawn_folder / "train_b")
    for split, light in (("train", 10), ("train_b", 200)):
        file = drawn_folder / split / "circles" / "circles00.png"
        Image.new("RGB", (50, 50), (light, light, light)).save(file)
        os.utime(file, (1e9, 1e9))

    first = make_data(drawn_folder).resize(40)
    second = make_data(drawn_folder, trn_name="train_b").resize(40)

    for data, light in ((first, 10), (second, 200), (first, 10)):
        pixels = read_pixels(data.train.index.sources[0])
        assert pixels.min() == pixels.max() == light


def test_resizing_still_tells_which_photos_were_left_out(
    drawn_folder: Path, make_data: MakeData
) -> None:
    (drawn_folder / "train" / "circles" / "circles00.png").write_bytes(b"torn")
    data = make_data(drawn_folder)
    (drawn_folder / "train" / "circles" / "circles01.png").write_bytes(b"torn later")

    small = data.resize(40)

    assert [each.file for each in data.skipped] == ["circles/circles00.png"]
    assert [each.file for each in small.skipped] == [
        "circles/circles00.png",
        "circles/circles01.png",
    ]
    assert len(small.trn_ds) == 34
    assert "circles/circles01.png" not in small.trn_ds.fnames


def test_read_only_photos_are_left_alone(
    drawn_folder: Path,
    make_data: MakeData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    drawn_folder.chmod(0o555)
    try:
        make_data(drawn_folder).resize(40)
        names = {entry.name for entry in drawn_folder.iterdir()}
    finally:
        drawn_folder.chmod(0o755)

    assert names == {"train", "valid"}
    assert len(list((tmp_path / "cache").rglob("40/*/*.png"))) == 54
