"""Mirrors src/unfreeze/runs/model_files.py."""

from pathlib import Path

import pytest

from tests.tiny_bundles import write_colour_bundle
from unfreeze.errors import DataError, PlanError
from unfreeze.runs.locks import held
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


def test_a_run_without_its_first_model_says_how_it_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "my run"
    (run / "checkpoint").mkdir(parents=True)
    (run / "checkpoint/begun.json").touch()

    with pytest.raises(DataError, match="before its first one") as stopped:
        model_file(run)
    with (
        held(run / "checkpoint/lock", "It"),
        pytest.raises(DataError, match="is still running") as running,
    ):
        model_file(run)

    assert str(stopped.value).endswith(f"unfreeze resume '{run}'")
    assert "resume" not in str(running.value)


def test_a_run_that_cannot_go_on_to_its_first_model_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"status": "stopped"}')

    with pytest.raises(DataError, match=r"before its first one\. Train again"):
        model_file(tmp_path)
