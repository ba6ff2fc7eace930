"""Mirrors src/unfreeze/places.py."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from unfreeze.errors import PlanError
from unfreeze.places import cache_home, made, require_place, writable_home


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder marked read-only, as the superuser would see it, too."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_belongs_to_photos_goes_beside_them(tmp_path: Path) -> None:
    assert writable_home(tmp_path) == tmp_path


def test_read_only_photos_have_a_folder_in_the_cache(locked: Path, cache: Path) -> None:
    home = writable_home(locked)

    assert home.parent == cache
    assert home.name.startswith("locked-")
    assert not home.exists()


def test_the_same_photos_have_the_same_folder_by_any_path(
    locked: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cache
    monkeypatch.chdir(locked.parent)

    assert writable_home(Path("locked")) == writable_home(locked)


def test_photos_of_the_same_name_elsewhere_have_another_folder(
    locked: Path, cache: Path, tmp_path: Path
) -> None:
    del cache
    other = tmp_path / "elsewhere" / "locked"
    other.mkdir(parents=True)
    other.chmod(0o555)

    homes = {writable_home(locked), writable_home(other)}

    other.chmod(0o755)
    assert len(homes) == 2


def test_the_cache_lies_where_the_desktop_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UNFREEZE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_home() == tmp_path / "unfreeze"

    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_home() == Path.home() / ".cache" / "unfreeze"


def test_our_folders_carry_the_mark_of_a_cache(tmp_path: Path) -> None:
    folder = made(tmp_path / "tmp")

    tag = (folder / "CACHEDIR.TAG").read_bytes()
    assert tag.startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


def test_a_place_for_a_file_must_exist(tmp_path: Path) -> None:
    require_place(tmp_path / "x.csv")
    with pytest.raises(PlanError, match=f"no folder {tmp_path}{os.sep}missing"):
        require_place(tmp_path / "missing" / "x.csv")
    with pytest.raises(PlanError, match="is a folder"):
        require_place(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices with names")
def test_what_is_no_regular_file_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for name in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(PlanError, match="no regular file"):
            require_place(name)


def test_a_folder_that_takes_no_files_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)

    with pytest.raises(PlanError, match=f"{tmp_path} cannot be written to"):
        require_place(tmp_path / "x.csv")
