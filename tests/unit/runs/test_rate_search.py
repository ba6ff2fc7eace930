"""Mirrors src/unfreeze/runs/rate_search.py."""

from pathlib import Path

import pytest

from unfreeze.errors import PlanError
from unfreeze.runs.rate_search import search_rate
from unfreeze.runs.settings import RunSettings


def quiet(line: str) -> None:
    del line


@pytest.mark.parametrize(
    "unfrozen", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_a_search_leaves_a_picture(
    photos: Path, tmp_path: Path, settings: RunSettings, unfrozen: bool
) -> None:
    plot = tmp_path / "curve.png"

    found = search_rate(photos, settings, plot, unfrozen=unfrozen, write=quiet)

    assert plot.read_bytes().startswith(b"\x89PNG")
    assert found.reason
    assert [each.name for each in tmp_path.iterdir()] == ["curve.png"]


@pytest.mark.parametrize(
    ("name", "found"), [("curve.xyz", "ends in one of"), ("no/curve.png", "no folder")]
)
def test_a_place_for_the_picture_is_checked_first(
    photos: Path, tmp_path: Path, settings: RunSettings, name: str, found: str
) -> None:
    with pytest.raises(PlanError, match=found):
        search_rate(photos, settings, tmp_path / name, write=quiet)
