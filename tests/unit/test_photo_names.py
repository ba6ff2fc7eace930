"""Mirrors src/unfreeze/photo_names.py."""

import mimetypes

import pytest

from unfreeze.photo_names import PHOTO_ENDINGS, is_photo_name, missing_suffix


@pytest.mark.parametrize("name", ["a.jpg", "A.JPEG", "a.b.Png", ".webp", "é.tiff"])
def test_a_photo_is_known_by_its_ending(name: str) -> None:
    assert is_photo_name(name)


@pytest.mark.parametrize("name", ["", "jpg", "a.jpg.txt", "a.", "a.svg", "a.jpg/"])
def test_other_names_are_none_of_photos(name: str) -> None:
    assert not is_photo_name(name)


def test_what_the_standard_library_knows_of_them_is_an_image() -> None:
    kinds = {each: mimetypes.guess_type(f"a.{each}")[0] for each in PHOTO_ENDINGS}

    known = {kind for kind in kinds.values() if kind is not None}
    assert len(known) > 5
    assert all(kind.startswith("image/") for kind in known)


@pytest.mark.parametrize(
    ("name", "there", "suffix"),
    [
        ("7", "7.jpg", ".jpg"),
        ("7", "7.PNG", ".PNG"),
        ("7jpg", "7.jpg", ".jpg"),
        ("7.jpg", "7.jpg.webp", ".webp"),
        ("7", "7.txt", None),
        ("7", "8.jpg", None),
    ],
)
def test_the_ending_that_a_name_lacks_is_found(
    name: str, there: str, suffix: str | None
) -> None:
    assert missing_suffix(name, there.__eq__) == suffix
