"""Mirrors src/unfreeze/runs/photo_list.py."""

import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unfreeze.errors import DataError
from unfreeze.runs.photo_list import each_once, names_at, photos_at


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty files: nothing here opens any."""
    for name in ("b/2.jpg", "b/1.PNG", "a/x/3.jpg", "a/4.jpg", "a/notes.txt", "5.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("5.jpg", ["5.jpg"]),
        ("a/notes.txt", ["a/notes.txt"]),  # named by its whole name: it is asked about
        ("a", ["a/4.jpg", "a/x/3.jpg"]),
        ("./b/", ["b/1.PNG", "b/2.jpg"]),
        ("*.jpg", ["5.jpg"]),
        ("a/*", ["a/4.jpg", "a/x/3.jpg"]),
        ("**/*.jpg", ["5.jpg", "a/4.jpg", "a/x/3.jpg", "b/2.jpg"]),
        ("b/[0-9].*", ["b/1.PNG", "b/2.jpg"]),
        ("a/**", ["a/4.jpg", "a/x/3.jpg"]),
    ],
)
def test_a_path_stands_for_a_file_a_folder_or_what_it_matches(
    root: Path, path: str, expected: list[str]
) -> None:
    assert list(names_at(path)) == expected
    whole = list(names_at(str(root / path)))
    assert whole == [str(root / each) for each in expected]


def test_a_file_with_brackets_is_itself(root: Path) -> None:
    Path("c[1].jpg").touch()
    Path("c1.jpg").touch()

    assert list(names_at("c[1].jpg")) == ["c[1].jpg"]


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices with names")
def test_what_is_no_regular_file_is_refused(root: Path) -> None:
    os.mkfifo("pipe.jpg")
    Path("link.jpg").symlink_to("5.jpg")

    for path in ("pipe.jpg", root / "pipe.jpg", "/dev/zero"):
        with pytest.raises(DataError, match="pipe, a socket or a device"):
            photos_at([path])
    assert list(names_at("link.jpg")) == ["link.jpg"]


def test_a_pattern_that_matches_only_what_cannot_be_read_says_so(root: Path) -> None:
    (root / "c").mkdir()
    for name in ("1.heic", "2.HEIC", "c/3.nef"):
        (root / name).touch()

    with pytest.raises(DataError, match=r"Found 2 photos .*\(HEIC.*such as '1\.heic'"):
        photos_at(["[1-4].*"])
    with pytest.raises(DataError, match=r"Found 1 photo of .*such as '3\.nef'"):
        photos_at(["c*"])


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("no.jpg", "no file or folder no.jpg"),
        ("*.gif", r"pattern \*.gif matches no images"),
        ("a/*.txt", "matches no images"),
        ("https://a.org/x.jpg?w=5", "is an address, .* Download it"),
        (Path("https://a.org/x.jpg"), "is an address, .* Download it"),
        ("-", "pass --list -"),
    ],
)
def test_nothing_there_is_refused(root: Path, path: str, found: str) -> None:
    with pytest.raises(DataError, match=found):
        photos_at([path])


@pytest.mark.parametrize(
    "path", ["5.jpg", Path("5.jpg"), "a", Path("a"), "**/*.jpg"], ids=repr
)
def test_a_path_alone_is_a_list_of_one(root: Path, path: str | Path) -> None:
    assert list(photos_at(path)) == list(photos_at([path]))


@pytest.mark.parametrize("as_it_is", [True, False])
@pytest.mark.parametrize(
    ("found", "name"),
    [
        (Image.new("RGB", (4, 4)), "Image"),
        (b"5.jpg", "bytes"),
        (7, "int"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_path_is_refused_in_a_sentence(
    root: Path, found: object, name: str, as_it_is: bool
) -> None:
    paths: Any = found if as_it_is else ["5.jpg", found]

    with pytest.raises(DataError, match=rf"object of {name}\. Expected the path"):
        photos_at(paths)


def test_each_photo_is_named_once_where_it_came_first(root: Path) -> None:
    paths = ["b/2.jpg", "b", "./b/2.jpg", root / "b/1.PNG", "a//4.jpg", "a"]

    found = list(photos_at(paths))

    assert found == ["b/2.jpg", "b/1.PNG", "a/4.jpg", "a/x/3.jpg"]


def test_names_that_might_be_two_photos_stay_two(root: Path) -> None:
    """Where ``a`` is a link, ``a/../5.jpg`` lies elsewhere."""
    assert len(photos_at(["5.jpg", "a/../5.jpg"])) == 2


def test_no_names_at_all_are_refused() -> None:
    with pytest.raises(DataError, match="No photos are named"):
        photos_at([])


def test_a_zero_byte_is_refused() -> None:
    with pytest.raises(DataError, match="zero byte"):
        each_once(["a.jpg", "b\0.jpg"])


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
def test_names_can_be_any_bytes() -> None:
    odd = os.fsdecode(b"caf\xe9.jpg")

    assert list(each_once([odd, "a\nb.jpg", odd])) == [odd, "a\nb.jpg"]


def test_as_many_names_as_there_are_keep_their_order() -> None:
    names = [f"photos/{number * 7919 % 100_003:06}.jpg" for number in range(100_003)]

    found = each_once(names[number] for number in [*range(100_003), 5, 7])

    assert list(found) == names


@pytest.mark.slow
def test_many_names_take_less_than_200_bytes_each_while_they_are_packed() -> None:
    count = 200_000
    tracemalloc.start()
    try:
        found = each_once(f"photos/{number:07}.jpg" for number in range(count))
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(found) == count
    assert peak < 200 * count
    assert kept < 60 * count
