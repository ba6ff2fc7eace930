"""Mirrors src/unfreeze/runs/copies.py."""

from pathlib import Path

import pytest

from unfreeze.runs.copies import Copies, drops_in_words, parted, validation_prefix


@pytest.mark.parametrize(
    ("files", "keeps", "drops"),
    [
        ("t1 t2 v1 v2", "v1 v2", "t1 t2"),
        ("v1 t1", "v1", "t1"),
        ("v1 v2", "v1 v2", ""),
        ("t1 t2 t3", "t1", "t2 t3"),
    ],
)
def test_no_validation_photo_is_dropped_and_no_photo_lost(
    files: str, keeps: str, drops: str
) -> None:
    expected = Copies(tuple(keeps.split()), tuple(drops.split()))

    assert parted(files.split(), "v") == expected


def test_where_nothing_is_split_the_first_copy_stays() -> None:
    files = ["valid/1.jpg", "valid/2.jpg"]  # a class of that name

    assert parted(files, None) == Copies(("valid/1.jpg",), ("valid/2.jpg",))


def test_a_split_has_both_sides(drawn_folder: Path) -> None:
    assert validation_prefix(drawn_folder) == "valid/"
    assert validation_prefix(drawn_folder / "train") is None


def test_one_copy_is_told_in_the_singular() -> None:
    assert drops_in_words(1, None, is_leak=False).startswith("Drop 1 copy,")
    assert drops_in_words(1, "valid/", is_leak=True) == (
        "Drop 1 training copy, keep every validation photo"
    )
