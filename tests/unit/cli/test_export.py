"""Mirrors src/unfreeze/cli/export.py."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Unfreeze: TypeAlias = Callable[..., Any]


def test_it_ends_with_the_proof(
    unfreeze: Unfreeze, finished_run: Path, tmp_path: Path
) -> None:
    ended = unfreeze("export", finished_run, "m.onnx")

    assert ended.code == 0
    lines = ended.out.splitlines()
    (agreed,) = (line for line in lines if line.startswith("same answer"))
    assert agreed.endswith("100.00%")
    assert lines[-1].startswith("written to m.onnx (fp32, ")
    assert (tmp_path / "m.golden.npz").exists()


def test_json_is_one_object(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    content = unfreeze(f"export --json --data {photos}", finished_run, "m.pt2").content

    assert content["file"] == "m.pt2"
    assert content["golden"] is None
    assert content["parity"]["photos"] == 18
    assert content["parity"]["accuracy"] == content["parity"]["trained_accuracy"]


@pytest.mark.parametrize(
    ("options", "file", "message"),
    [
        ("--int8 --fp16", "m.onnx", "exclude each other"),
        ("", "m.h5", "says no format"),
        ("", "none/m.onnx", "There is no folder none"),
        ("--data nowhere", "m.onnx", "nowhere"),
    ],
)
def test_mistakes_are_one_line(
    unfreeze: Unfreeze, finished_run: Path, options: str, file: str, message: str
) -> None:
    assert message in unfreeze(f"export {options}", finished_run, file).mistake


def test_a_missing_extra_is_named(
    unfreeze: Unfreeze, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)

    ended = unfreeze("export", finished_run, "m.onnx")

    assert "pip install '.[export]'" in ended.mistake
