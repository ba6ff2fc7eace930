"""Mirrors benchmarks/photos.py."""

from pathlib import Path

import pytest

from benchmarks.photos import fresh_photos


def files_of(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
    }


def test_the_folder_holds_the_same_photos_and_nothing_of_ours(
    drawn_folder: Path,
) -> None:
    photos = files_of(drawn_folder)
    (drawn_folder / "tmp").mkdir()
    (drawn_folder / "tmp/rows").write_text("left by an earlier run")

    with fresh_photos(drawn_folder) as fresh:
        assert files_of(fresh) == photos


def test_it_goes_away_and_the_photos_stay(drawn_folder: Path) -> None:
    photos = files_of(drawn_folder)

    with fresh_photos(drawn_folder) as fresh:
        (fresh / "tmp").mkdir()

    assert not fresh.exists()
    assert files_of(drawn_folder) == photos


def test_a_limit_counts_photos_of_each_class(drawn_folder: Path) -> None:
    with fresh_photos(drawn_folder, limit=2) as fresh:
        circles = sorted(path.name for path in (fresh / "train/circles").iterdir())
        count = len(files_of(fresh))

    assert circles == ["circles00.png", "circles01.png"]
    assert count == 2 * 3 * 2


def test_a_folder_without_splits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no folder .*train"), fresh_photos(tmp_path):
        pass
