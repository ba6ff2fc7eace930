"""Mirrors src/unfreeze/cli/inspect.py."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.tiny_bundles import write_colour_bundle
from unfreeze.model_file.header import ModelHeader
from unfreeze.model_file.layout import read_layout
from unfreeze.model_file.reading import description
from unfreeze.records import ImageSpec

Unfreeze: TypeAlias = Callable[..., Any]


@pytest.fixture
def file(repository: Path, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    shutil.copy(repository / "tests/data/models/format-1.safetensors", path)
    return path


def damage(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(whole)


def test_a_line_says_each_thing(unfreeze: Unfreeze, file: Path) -> None:
    ended = unfreeze("inspect", file)

    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert f"file {file}" in lines
    assert "arch test_efficientnet" in lines
    assert "num classes 3" in lines
    assert "classes cat, Köter, a b" in lines
    assert "tta temperature 1.2" in lines
    assert "xtra_fc 8" in lines
    assert "tensors count 38" in lines
    assert "numbers 16,017" in lines
    assert lines[-1] == "intact yes"


def test_json_holds_all_classes_and_settings(unfreeze: Unfreeze, file: Path) -> None:
    content = unfreeze("inspect --json", file).content

    assert content["classes"] == ["cat", "Köter", "a b"]
    assert content["settings"]["fits"] == [{"lrs": [0.01, 0.1]}]
    assert content["intact"] is True


@pytest.mark.parametrize("option", ["", "--json"])
def test_damage_ends_with_3_after_all_is_shown(
    unfreeze: Unfreeze, file: Path, option: str
) -> None:
    damage(file)

    ended = unfreeze(f"inspect {option}", file)

    assert ended.code == 3
    assert "test_efficientnet" in ended.out
    if option:
        assert ended.content["intact"] is False
    else:
        assert ended.out.splitlines()[-1].split()[:2] == ["intact", "NO:"]


@pytest.mark.parametrize("place", [100, -200])
def test_so_does_damage_to_an_exported_model(
    unfreeze: Unfreeze, tmp_path: Path, place: int
) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx")
    assert unfreeze("inspect --json", model).content["intact"] is True
    whole = bytearray(model.read_bytes())
    whole[place] ^= 0x80
    model.write_bytes(whole)

    ended = unfreeze("inspect --json", model)

    assert ended.code == 3
    assert ended.content["intact"] is False
    assert ended.content["kind"] == "exported model"
    assert ("arch" in ended.content) == (place == 100)  # -200 is in the description
    shown = unfreeze("inspect", model)
    assert (shown.code, shown.err) == (3, "")
    assert shown.out.splitlines()[-1].split()[:2] == ["intact", "NO:"]


def test_a_damaged_header_is_a_mistake(unfreeze: Unfreeze, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:500])

    assert "not a whole safetensors file" in unfreeze("inspect", file).mistake


def test_many_classes_are_counted_and_strange_names_cannot_steer_the_terminal(
    unfreeze: Unfreeze, tmp_path: Path
) -> None:
    from safetensors.numpy import save_file

    names = ("a\x1b[2J", "b\nc", *(f"class{number}" for number in range(1_998)))
    header = ModelHeader(arch="a", classes=names, image=ImageSpec(size=8))
    path = tmp_path / "a.safetensors"
    save_file({}, path, metadata=description(header, digest="0", versions={}))
    assert read_layout(path).tensors == {}

    ended = unfreeze("inspect", path)

    assert "\x1b" not in ended.out
    assert r"a\x1b[2J, b\nc, class0" in ended.out
    assert "class5 and 1,992 more" in ended.out
    assert "class6" not in ended.out
