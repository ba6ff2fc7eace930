"""Mirrors src/unfreeze/models/catalogue.py."""

import json
from pathlib import Path

import pytest

from unfreeze.models import zoo
from unfreeze.models.catalogue import list_models


def test_parameters_are_the_published_ones(tmp_path: Path) -> None:
    """11,689,512 is the figure of torchvision's documentation for resnet18."""
    (info,) = list_models("resnet1[8]", cache_folder=tmp_path)

    assert info.name == "resnet18"
    assert info.parameters == 11_689_512


def test_a_pattern_or_a_part_of_the_name_selects(tmp_path: Path) -> None:
    by_pattern = [info.name for info in list_models("resnet1?", cache_folder=tmp_path)]
    by_part = [info.name for info in list_models("resnet18", cache_folder=tmp_path)]

    assert by_pattern == ["resnet18"]
    assert "resnet18" in by_part
    assert all("resnet18" in name for name in by_part)
    assert list_models("no such thing", cache_folder=tmp_path) == []


def test_counts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = list_models("resnet18?", cache_folder=tmp_path)
    monkeypatch.setattr(zoo, "count_parameters", pytest.fail)

    assert list_models("resnet18?", cache_folder=tmp_path) == first
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["resnet18d"] == first[0].parameters


def test_a_damaged_cache_is_counted_again(tmp_path: Path) -> None:
    first = list_models("resnet18?", cache_folder=tmp_path)
    next(tmp_path.iterdir()).write_text("{half")

    assert list_models("resnet18?", cache_folder=tmp_path) == first


def test_a_cache_that_cannot_be_written_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    (info,) = list_models("resnet18?", cache_folder=tmp_path / "file")

    assert info.parameters


def test_all_architectures_are_listed_without_building_them(tmp_path: Path) -> None:
    everything = list_models(cache_folder=tmp_path)

    assert len(everything) > 1000
    assert all(info.parameters is None for info in everything)


def test_weights_are_placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "weights_at_hand", lambda _: None)

    (embedded,) = list_models("unfreeze_nano", cache_folder=tmp_path)
    (online,) = list_models("resnet18?", cache_folder=tmp_path)

    assert embedded.weights == "embedded"
    assert embedded.weights_at_hand
    assert online.weights == "online"
    assert not online.weights_at_hand
