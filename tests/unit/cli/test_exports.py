"""An exported model is taken where it is of use, and called what it is elsewhere."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from tests.tiny_bundles import write_colour_bundle

Unfreeze: TypeAlias = Callable[..., Any]


@pytest.fixture(params=["m.onnx", "M.ONNX", "renamed.bin"])
def export(unfreeze: Unfreeze, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An exported model in the folder of this test, with a red photo beside it."""
    write_colour_bundle(tmp_path / "colours.onnx")
    red = np.full((40, 40, 3), (255, 0, 0), dtype=np.uint8)
    Image.fromarray(red).save(tmp_path / "red.png")
    return (tmp_path / "colours.onnx").rename(tmp_path / request.param).name


def test_it_answers_and_says_what_it_is(unfreeze: Unfreeze, export: str) -> None:
    (answer,) = unfreeze(f"predict {export} red.png --json").content["predictions"]

    assert answer["label"] == "red"
    assert unfreeze(f"inspect {export} --json").content["kind"] == "exported model"


@pytest.mark.parametrize(
    "line",
    [
        "evaluate EXPORT photos",
        "compare EXPORT EXPORT",
        "compare EXPORT EXPORT photos",
        "export EXPORT other.onnx",
        "train photos --arch unfreeze_nano --size 32 --weights EXPORT",
        "check photos --weights EXPORT",
    ],
)
def test_where_it_is_of_no_use_it_is_not_called_damaged(
    unfreeze: Unfreeze, photos: Path, tmp_path: Path, export: str, line: str
) -> None:
    shutil.copytree(photos, tmp_path / "photos")

    ended = unfreeze(line.replace("EXPORT", export))

    assert ended.code == 2
    mistake = ended.err.splitlines()[-1]
    assert f"error: {export} is an exported model" in mistake
    assert "Pass the run folder" in mistake or "Expected a safetensors" in mistake
