"""Mirrors src/unfreeze/data/table_paths.py."""

import ntpath

import pytest

from unfreeze.data.table_paths import joined, leads_out, one_spelling


@pytest.mark.parametrize(
    ("name", "elsewhere", "windows"),
    [
        ("a.jpg", False, False),
        ("a/b..c.jpg", False, False),
        ("../a.jpg", True, True),
        ("a/../../b.jpg", True, True),
        ("/etc/a.jpg", True, True),
        (r"..\a.jpg", False, True),
        (r"a\..\..\b.jpg", False, True),
        (r"a/..\../b.jpg", False, True),
        (r"C:\a.jpg", False, True),
        ("C:a.jpg", False, True),
        ("c:/a.jpg", False, True),
        (r"\a.jpg", False, True),
        (r"\\server\share\a.jpg", False, True),
        ("//server/share/a.jpg", True, True),
        (r"\\?\C:\a.jpg", False, True),
        ("a/.. /b.jpg", False, True),
        ("a/.../b.jpg", False, True),
    ],
)
def test_what_leads_out_of_a_folder_depends_on_the_system(
    name: str, elsewhere: bool, windows: bool
) -> None:
    assert leads_out(name, is_windows=False) == elsewhere
    assert leads_out(name, is_windows=True) == windows
    assert leads_out(joined("train", name, is_windows=False)) == elsewhere
    in_folder = joined("train", name, is_windows=True)
    assert leads_out(in_folder, is_windows=True) == windows


@pytest.mark.parametrize("name", [r"x\a.jpg", "x/a.jpg", r"x\.\a.jpg", ".//x/a.jpg"])
def test_a_file_has_one_path_on_windows(name: str) -> None:
    path = joined(r"photos\train", name, is_windows=True)

    assert path == "photos/train/x/a.jpg"
    assert ntpath.normpath(path) == ntpath.normpath(rf"photos\train\{name}")


def test_a_backslash_is_a_letter_elsewhere() -> None:
    assert joined("train", r"x\a.jpg", is_windows=False) == r"train/x\a.jpg"


def test_large_and_small_letters_are_one_file_on_windows_alone() -> None:
    names = ["x/A.jpg", "b.jpg", "X/a.JPG"]

    assert one_spelling(names, is_windows=True) == ("x/A.jpg", "b.jpg", "x/A.jpg")
    assert one_spelling(names, is_windows=False) == tuple(names)
