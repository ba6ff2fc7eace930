"""Mirrors src/unfreeze/places.py."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from unfreeze.errors import PlanError
from unfreeze.places import beside, cache_home, made, ours_beside, require_place


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
    assert beside(tmp_path, "models") == tmp_path / "models"
    assert ours_beside(tmp_path, "tmp") == tmp_path / "tmp"


def test_read_only_photos_have_a_folder_in_the_cache(locked: Path, cache: Path) -> None:
    folder = ours_beside(locked, "tmp")

    assert folder == beside(locked, "tmp")
    assert (folder.parents[1], folder.name) == (cache, "tmp")
    assert folder.parent.name.startswith("locked-")
    assert not cache.exists()


def test_the_same_photos_have_the_same_folder_by_any_path(
    locked: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cache
    monkeypatch.chdir(locked.parent)

    assert beside(Path("locked"), "tmp") == beside(locked, "tmp")


def test_photos_of_the_same_name_elsewhere_have_another_folder(
    locked: Path, cache: Path, tmp_path: Path
) -> None:
    del cache
    other = tmp_path / "elsewhere" / "locked"
    other.mkdir(parents=True)
    other.chmod(0o555)

    homes = {beside(locked, "tmp"), beside(other, "tmp")}

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


@pytest.mark.parametrize("inner", ["", "x_act_resnet34", "pixels/side_224"])
def test_what_a_colleague_stored_in_a_shared_folder_is_left_to_him(
    tmp_path: Path, cache: Path, inner: str
) -> None:
    closed = made(tmp_path / "tmp") / inner
    closed.mkdir(parents=True, exist_ok=True)
    closed.chmod(0o555)

    places = [beside(tmp_path, "tmp"), ours_beside(tmp_path, "tmp")]

    closed.chmod(0o755)
    assert {place.parents[1] for place in places} == {cache}
    assert ours_beside(tmp_path, "tmp") == tmp_path / "tmp"


def test_what_others_may_write_to_is_not_ours_because_of_that(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the superuser every folder is open: the system is asked, not the mode."""
    theirs = made(tmp_path / "tmp")
    ask = os.access

    def deny(path: Path, mode: int) -> bool:
        return ask(path, mode) and not (path == theirs and mode & os.W_OK)

    monkeypatch.setattr(os, "access", deny)

    assert ours_beside(tmp_path, "tmp").is_relative_to(cache)


def test_a_folder_with_other_things_in_it_is_left_to_its_owner(
    tmp_path: Path, cache: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp/photo.jpg").touch()

    folder = made(ours_beside(tmp_path, "tmp"))

    assert folder == tmp_path / "unfreeze-tmp"
    assert folder == ours_beside(tmp_path, "tmp")
    assert [each.name for each in (tmp_path / "tmp").iterdir()] == ["photo.jpg"]
    (folder / "CACHEDIR.TAG").unlink()
    (folder / "photo.jpg").touch()
    assert ours_beside(tmp_path, "tmp").is_relative_to(cache)


def test_an_empty_folder_is_that_of_a_class_to_come(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()

    folder = made(ours_beside(tmp_path, "tmp"))

    assert folder == tmp_path / "unfreeze-tmp"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_cache_with_photos_in_it_is_somebodys(tmp_path: Path) -> None:
    folder = made(ours_beside(tmp_path, "models"))
    (folder / "copies").mkdir()
    (folder / "copies/1.jpg").touch()
    assert ours_beside(tmp_path, "models") == folder

    (folder / "mine.JPG").touch()

    assert ours_beside(tmp_path, "models") == tmp_path / "unfreeze-models"


def test_a_folder_that_is_named_whole_stays_what_it_is(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    (chosen / "inner").mkdir(parents=True)

    assert ours_beside(Path("photos"), chosen) == made(chosen) == chosen
    assert [each.name for each in chosen.iterdir()] == ["inner"]


def test_a_folder_is_made_in_a_data_set_that_is_not_there_yet(tmp_path: Path) -> None:
    folder = made(ours_beside(tmp_path / "new/photos", "tmp"))

    assert folder == tmp_path / "new/photos/tmp"
    assert folder.is_dir()


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
