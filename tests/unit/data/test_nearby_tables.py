"""Mirrors src/unfreeze/data/nearby_tables.py."""

from pathlib import Path

import pytest

from unfreeze.data.index import index_folder
from unfreeze.data.nearby_tables import advice_on_tables
from unfreeze.errors import DataError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a photo and no classes."""
    (tmp_path / "train").mkdir()
    (tmp_path / "train/1.jpg").touch()
    return tmp_path / "train"


@pytest.mark.parametrize("place", ["train/Labels.CSV", "labels.csv"])
def test_a_table_beside_photos_or_above_them_is_pointed_to(
    photos: Path, place: str
) -> None:
    table = photos.parent / place
    table.touch()

    with pytest.raises(DataError, match=r"lie directly in it.*--csv; check and"):
        index_folder(photos)
    assert f"{table.name!r} of {table.parent}," in advice_on_tables(photos)


def test_without_a_table_nothing_is_said(photos: Path) -> None:
    (photos.parent / "folder.csv").mkdir()

    assert advice_on_tables(photos) == ""
    assert advice_on_tables(photos / "gone") == ""
