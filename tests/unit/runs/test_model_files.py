"""Mirrors src/unfreeze/runs/model_files.py."""

from pathlib import Path

import pytest

from tests.tiny_bundles import write_colour_bundle
from unfreeze.errors import DataError, PlanError
from unfreeze.runs.model_files import model_file, trained_model_file


@pytest.mark.parametrize("find", [model_file, trained_model_file])
def test_a_model_is_found_in_its_run_or_by_itself(tmp_path: Path, find: object) -> None:
    model = tmp_path / "model.safetensors"
    model.write_text("weights")

    assert find(tmp_path) == find(model) == model  # type: ignore[operator]


@pytest.mark.parametrize("find", [model_file, trained_model_file])
@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_a_model_is_refused(
    tmp_path: Path, find: object, name: str
) -> None:
    with pytest.raises(DataError, match=r"no model in .*model\.safetensors"):
        find(tmp_path / name)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["m.onnx", "M.ONNX", "m.pt2", "model.safetensors"])
def test_an_export_is_no_trained_model_whatever_its_name(
    tmp_path: Path, name: str
) -> None:
    write_colour_bundle(tmp_path / "colours.onnx")
    export = (tmp_path / "colours.onnx").rename(tmp_path / name)

    assert model_file(export) == export
    with pytest.raises(PlanError, match=r"exported model.*Pass the run folder"):
        trained_model_file(export)
