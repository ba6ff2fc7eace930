"""No command writes what it makes over what people keep, whatever the option."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, get_type_hints

import pytest

from tests.tiny_bundles import write_colour_bundle
from unfreeze.cli.app import app

Unfreeze: TypeAlias = Callable[..., Any]

OUTPUTS = {
    "check --page": "check --quick photos --page OUT",
    "check --csv": "check --quick photos --csv OUT",
    "compare --page": "compare run run --page OUT",
    "lr-find --plot": "lr-find --arch unfreeze_nano --size 32 photos --plot OUT",
    "predict --csv": "predict colours.onnx photos --csv OUT",
    "predict --submission": "predict colours.onnx photos --submission OUT",
    "export FILE": "export run OUT",
    "train --out": "train --arch unfreeze_nano photos --out OUT",
    "demo --out": "demo --out OUT",
    "serve --collect": "serve colours.onnx --port 0 --collect OUT",
}
"""A command line for each option that names what is written."""

KEPT = {
    "a photo": "photos/train/circles/circles00.png",
    "a model": "run/model.safetensors",
    "a report": "run/report.html",
    "an exported model": "colours.onnx",
    "decisions": "fixes.csv",
    "labels": "labels.csv",
    "a model of others": "theirs.onnx",
    "a page": "mine.html",
}

AS_TOLD = {("export FILE", "an exported model")}
"""One export takes the place of another."""


@pytest.fixture
def kept(drawn_folder: Path, tmp_path: Path) -> dict[Path, bytes]:
    """What people keep, in the folder of this test."""
    shutil.move(drawn_folder, tmp_path / "photos")
    (tmp_path / "run").mkdir()
    (tmp_path / "run/model.safetensors").write_bytes(b"weights")
    (tmp_path / "run/report.html").write_text("<!doctype html>a report")
    (tmp_path / "fixes.csv").write_text("file,action,label\n")
    (tmp_path / "labels.csv").write_text("id,label\n1,cat\n")
    (tmp_path / "theirs.onnx").write_bytes(b"of another program")
    (tmp_path / "mine.html").write_text("<!doctype html>mine")
    write_colour_bundle(tmp_path / "colours.onnx")
    return {each: (tmp_path / each).read_bytes() for each in map(Path, KEPT.values())}


@pytest.mark.parametrize(
    ("option", "what"), sorted(set(itertools.product(OUTPUTS, KEPT)) - AS_TOLD)
)
def test_what_people_keep_stays(
    unfreeze: Unfreeze, kept: dict[Path, bytes], option: str, what: str
) -> None:
    ended = unfreeze(OUTPUTS[option].replace("OUT", KEPT[what]))

    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("error: ")
    assert {each: each.read_bytes() for each in kept} == kept


def test_all_options_that_name_an_output_stand_here() -> None:
    """Whatever else names a file or folder is read."""
    read = {"run", "model", "first", "second", "data", "paths", "photo_list"}
    read |= {"from_csv", "folder", "weights", "fixes"}
    found = {
        f"{command.name} {'FILE' if name == 'file' else f'--{name}'}"
        for command in app.registered_commands
        for name, kind in get_type_hints(command.callback).items()
        if kind in (Path, Path | None, list[Path] | None) and name not in read
    }

    assert found == set(OUTPUTS)
