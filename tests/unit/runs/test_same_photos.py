"""Mirrors src/unfreeze/runs/same_photos.py."""

import json
import os
import shutil
from pathlib import Path

import pytest

from unfreeze.errors import DataError
from unfreeze.runs import same_photos
from unfreeze.runs.same_photos import require_same_photos

NAMES = [f"cats/{number}.jpg" for number in range(10)]


def _folder(path: Path, salt: bytes = b"") -> Path:
    for number, name in enumerate(NAMES):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(b"photo %d " % number + salt)
    return path


def _run(path: Path, valid_root: Path | None) -> Path:
    path.mkdir()
    kept = {} if valid_root is None else {"valid_root": str(valid_root)}
    (path / "report.json").write_text(json.dumps(kept))
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return _folder(tmp_path / "photos")


@pytest.fixture
def run(tmp_path: Path, photos: Path) -> Path:
    return _run(tmp_path / "run", photos)


def test_one_folder_holds_the_same_photos(
    tmp_path: Path, run: Path, photos: Path
) -> None:
    shutil.rmtree(photos)  # wherever it is by now

    assert require_same_photos(run, _run(tmp_path / "b", photos), NAMES) == []


def test_a_copy_holds_the_same_photos(tmp_path: Path, run: Path, photos: Path) -> None:
    copy = shutil.copytree(photos, tmp_path / "copy")

    assert require_same_photos(run, _run(tmp_path / "b", copy), NAMES) == []


@pytest.mark.parametrize("salt", [b"longer", b""])
def test_other_photos_of_the_same_names_are_refused(
    tmp_path: Path, run: Path, photos: Path, salt: bytes
) -> None:
    """Also where they are as large, as bitmaps of one size are."""
    other = _folder(tmp_path / "other", salt)
    if not salt:
        (other / NAMES[7]).write_bytes(b"photo X ")

    with pytest.raises(DataError, match=r"other photos of the same names.*DATA") as no:
        require_same_photos(run, _run(tmp_path / "b", other), NAMES)

    assert str(photos) in str(no.value)
    assert str(other) in str(no.value)
    assert "\n" not in str(no.value)
    assert (NAMES[0] if salt else NAMES[7]) in str(no.value)


def test_of_very_many_some_are_read_and_all_are_measured(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same_photos, "_MOST_READ", 5)
    second = _run(tmp_path / "b", _folder(tmp_path / "other"))
    (tmp_path / "other" / NAMES[7]).write_bytes(b"photo X ")  # is not read

    assert require_same_photos(run, second, NAMES) == []

    (tmp_path / "other" / NAMES[7]).write_bytes(b"another photo")
    with pytest.raises(DataError, match="other photos"):
        require_same_photos(run, second, NAMES)


def test_a_folder_that_is_gone_is_a_caution(tmp_path: Path, run: Path) -> None:
    moved = _run(tmp_path / "b", tmp_path / "gone")

    (said,) = require_same_photos(run, moved, NAMES)

    assert f"of {moved} are not in {tmp_path / 'gone'} any more" in said
    assert "by name and label alone" in said
    assert require_same_photos(moved, run, NAMES) == [said]


def test_a_run_that_does_not_say_where_is_a_caution(tmp_path: Path, run: Path) -> None:
    old = _run(tmp_path / "b", None)

    (said,) = require_same_photos(run, old, NAMES)

    assert f"{old} does not say where" in said
    assert len(require_same_photos(old, _run(tmp_path / "c", None), NAMES)) == 2


def test_photos_that_are_gone_from_one_folder_are_counted(
    tmp_path: Path, run: Path, photos: Path
) -> None:
    copy = shutil.copytree(photos, tmp_path / "copy")
    (copy / NAMES[3]).unlink()
    second = _run(tmp_path / "b", copy)

    (said,) = require_same_photos(run, second, NAMES)

    assert said.startswith("1 of 10 photos that both runs answered cannot be found")


def test_names_that_lead_elsewhere_are_not_followed(
    tmp_path: Path, run: Path, photos: Path
) -> None:
    copy = shutil.copytree(photos, tmp_path / "copy")
    (tmp_path / "secret").write_bytes(b"")
    second = _run(tmp_path / "b", copy)

    (said,) = require_same_photos(run, second, [*NAMES, "../secret"])

    assert said.startswith("1 of 11 photos")


@pytest.mark.skipif(os.name != "posix", reason="links need no permission there")
def test_a_link_to_the_folder_is_the_folder(
    tmp_path: Path, run: Path, photos: Path
) -> None:
    (tmp_path / "link").symlink_to(photos)
    second = _run(tmp_path / "b", tmp_path / "link")

    assert require_same_photos(run, second, ["no file at all"]) == []


def test_what_cannot_be_read_is_not_taken_for_another(
    tmp_path: Path, run: Path, photos: Path
) -> None:
    copy = shutil.copytree(photos, tmp_path / "copy")
    for folder in (photos, copy):
        (folder / "cats/3.jpg").unlink()
        (folder / "cats/3.jpg").mkdir()

    assert require_same_photos(run, _run(tmp_path / "b", copy), NAMES) == []
