"""Mirrors src/unfreeze/data/walk.py."""

import os
from pathlib import Path

import pytest

from unfreeze.data import walk
from unfreeze.data.names import parted
from unfreeze.data.walk import (
    Ignored,
    list_folder,
    note_ignored,
    walk_images,
)
from unfreeze.errors import DataError
from unfreeze.photo_names import is_photo_name


def _touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _walk(root: Path, start: bytes = b"") -> tuple[list[str], Ignored]:
    ignored = Ignored()
    found = [
        os.fsdecode(folder + b"/" + name if folder else name)
        for folder, text in walk_images(root, [start], ignored)
        for name in sorted(parted(text))
    ]
    return found, ignored


def test_a_listing_parts_folders_images_and_others(tmp_path: Path) -> None:
    _touch(tmp_path, "b.JPG", "a.png", "notes.txt", "noending", "sub/x.jpg", ".hidden")

    listing = list_folder(os.fsencode(tmp_path))

    assert listing.folders == [b"sub"]
    assert sorted(parted(listing.images)) == [b"a.png", b"b.JPG"]
    assert listing.others == [b"noending", b"notes.txt"]


@pytest.mark.parametrize(
    "ending",
    ["jpg", "JPEG", "jfif", "png", "bmp", "gif", "TIF", "tiff", "webp", "ppm", "avif"],
)
def test_usual_endings_are_images_in_any_case(tmp_path: Path, ending: str) -> None:
    _touch(tmp_path, f"photo.{ending}")

    assert is_photo_name(f"a.b/photo.{ending}")
    assert list_folder(os.fsencode(tmp_path)).images == f"photo.{ending}\0".encode()


def test_names_that_only_resemble_images_are_others(tmp_path: Path) -> None:
    _touch(tmp_path, "jpg", "photo.jpg.txt", "photo.jpg~", "-.jpg", "x.jpg")

    listing = list_folder(os.fsencode(tmp_path))

    assert sorted(parted(listing.images)) == [b"-.jpg", b"x.jpg"]
    assert listing.others == [b"jpg", b"photo.jpg.txt", b"photo.jpg~"]


@pytest.mark.parametrize(
    "visible",
    [
        [],
        ["a.jpg"],
        ["a.jpg", "b.jpg", "c..jpg", "-.jpg", "0.jpg"],
        ["a.jpg", "b.JPG", "c.png"],
        ["a.jpg", "b.jpg", "c.jpg.txt"],
    ],
)
@pytest.mark.parametrize(
    "hidden", [[], [".jpg"], [".a.jpg", "._a.jpg", ".DS_Store", "...", ".b.jpg"]]
)
def test_hidden_files_are_neither_images_nor_others(
    tmp_path: Path, visible: list[str], hidden: list[str]
) -> None:
    _touch(tmp_path, *visible, *hidden)

    listing = list_folder(os.fsencode(tmp_path))

    assert sorted(parted(listing.images) + listing.others) == sorted(
        name.encode() for name in visible
    )
    assert listing.others == [b"c.jpg.txt"] * ("c.jpg.txt" in visible)


@pytest.mark.parametrize("at_once", [1, 2, 1024])
def test_a_listing_does_not_depend_on_how_many_entries_are_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(walk, "_AT_ONCE", at_once)
    images = [f"{number}.jpg" for number in range(9)]
    others = [f"{number}.txt" for number in range(5)]
    folders = [f"{number}" for number in range(7)]
    _touch(tmp_path, *images, *others, ".hidden", *(f"{name}/x" for name in folders))

    listing = list_folder(os.fsencode(tmp_path))

    assert sorted(parted(listing.images)) == [name.encode() for name in images]
    assert listing.others == [name.encode() for name in others]
    assert listing.folders == [name.encode() for name in folders]


def test_systems_that_do_not_number_folders_list_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _touch(tmp_path, "a.png", "notes.txt", "sub/x.jpg", "sub/.hidden", "sub/b.jpg")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/sub/caf\xe9.jpg")).touch()
    before = _walk(tmp_path)

    monkeypatch.setattr(walk, "_HAS_NUMBERED_FOLDERS", False)

    assert _walk(tmp_path) == before
    assert len(before[0]) == 4


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone cannot be listed: No such file"):
        list_folder(os.fsencode(tmp_path / "gone"))


def test_the_walk_goes_by_folder_then_by_name(tmp_path: Path) -> None:
    _touch(tmp_path, "b/2.jpg", "b/10.jpg", "a/z/1.jpg", "a/x.jpg", "top.jpg")

    assert _walk(tmp_path)[0] == [
        "top.jpg",
        "a/x.jpg",
        "a/z/1.jpg",
        "b/10.jpg",
        "b/2.jpg",
    ]


def test_the_walk_begins_where_it_is_told(tmp_path: Path) -> None:
    _touch(tmp_path, "b/2.jpg", "a/z/1.jpg")

    assert _walk(tmp_path, b"a")[0] == ["a/z/1.jpg"]


def test_the_walk_keeps_the_order_of_its_starts(tmp_path: Path) -> None:
    _touch(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg")

    found = list(walk_images(tmp_path, [b"c", b"a"], Ignored()))

    assert found == [(b"c", b"3.jpg\0"), (b"a", b"1.jpg\0")]


def test_hidden_folders_and_caches_are_not_entered(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", ".git/b.jpg", "cache/224/c.jpg", "cache/CACHEDIR.TAG")

    found, ignored = _walk(tmp_path)

    assert found == ["a.jpg"]
    assert ignored.count == 0


def test_a_cache_with_photos_directly_in_it_is_named(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "b/cache/c.jpg", "b/cache/CACHEDIR.TAG")

    found, ignored = _walk(tmp_path)

    assert found == ["a.jpg"]
    [left_out] = ignored.named
    assert left_out.file == "b/cache"
    assert "CACHEDIR.TAG" in left_out.reason


def test_a_link_to_a_folder_above_does_not_loop(tmp_path: Path) -> None:
    _touch(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a/to_b").symlink_to(tmp_path / "b")
    (tmp_path / "b/to_a").symlink_to(tmp_path / "a")

    found, ignored = _walk(tmp_path)

    assert found == ["a/1.jpg", "a/to_b/2.jpg", "b/2.jpg", "b/to_a/1.jpg"]
    assert [skipped.file for skipped in ignored.named] == ["a/to_b/to_a", "b/to_a/to_b"]
    assert "contains it" in ignored.named[0].reason


def test_links_to_nowhere_are_noted_and_not_taken_for_images(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")

    found, ignored = _walk(tmp_path)

    assert found == []
    assert "leads nowhere" in ignored.named[0].reason


def test_a_named_pipe_is_not_taken_for_an_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    assert _walk(tmp_path)[0] == []


def test_only_the_first_thousand_ignored_files_are_named() -> None:
    ignored = Ignored()

    note_ignored(ignored, b"a", [b"%d.txt" % number for number in range(1200)])

    assert ignored.count == 1200
    assert len(ignored.named) == 1000
    assert ignored.named[0].file == "a/0.txt"


def test_photos_of_a_kind_that_cannot_be_read_are_told_from_other_files(
    tmp_path: Path,
) -> None:
    for name in ("a.HEIC", "b.nef", "c.txt"):
        (tmp_path / name).touch()
    ignored = Ignored()

    list(walk_images(tmp_path, [b""], ignored))

    told = {each.file: "save it as JPEG" in each.reason for each in ignored.named}
    assert told == {"a.HEIC": True, "b.nef": True, "c.txt": False}
    assert (ignored.count, ignored.num_unread) == (3, 2)


def test_photos_that_cannot_be_read_are_counted_beyond_those_that_are_named() -> None:
    ignored = Ignored()

    note_ignored(ignored, b"a", [b"%d.heic" % number for number in range(1200)])

    assert ignored.num_unread == 1200
