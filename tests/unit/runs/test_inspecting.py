"""Mirrors src/unfreeze/runs/inspecting.py."""

import shutil
from pathlib import Path

import pytest

from unfreeze.errors import DataError, WeightsError
from unfreeze.runs.inspecting import inspect_model


@pytest.fixture
def run(repository: Path, tmp_path: Path) -> Path:
    """A run folder with the model that tests/data keeps."""
    (tmp_path / "run").mkdir()
    shutil.copy(
        repository / "tests/data/models/format-1.safetensors",
        tmp_path / "run/model.safetensors",
    )
    return tmp_path / "run"


def test_a_file_tells_what_was_saved(run: Path) -> None:
    found = inspect_model(run / "model.safetensors")

    assert found.is_intact
    facts = found.as_json()
    assert facts["arch"] == "test_efficientnet"
    assert (facts["num_classes"], facts["classes"]) == (3, ["cat", "Köter", "a b"])
    assert facts["task"] == "multi"
    assert facts["image"]["size"] == 32
    assert facts["image"]["mean"] == [0.485, 0.456, 0.406]
    assert facts["head"] == {"kind": "concat-pool", "xtra_fc": [8], "ps": [0.25, 0.5]}
    assert (facts["temperature"], facts["tta_temperature"]) == (1.7, 1.2)
    assert facts["thresholds"] == [0.25, 0.5, 0.75]
    assert facts["reject"][1] == {"precision": 0.99, "threshold": 0.95}
    assert facts["settings"]["seed"] == 3
    assert facts["versions"]["unfreeze"] == "0.1.0"
    assert facts["bytes"] == (run / "model.safetensors").stat().st_size
    assert facts["tensors"]["types"] == ["F32", "I64"]
    assert facts["intact"] is True


def test_a_run_folder_is_as_good_as_its_model(run: Path) -> None:
    assert inspect_model(run) == inspect_model(run / "model.safetensors")


def test_other_weights_than_those_saved_are_shown_as_such(run: Path) -> None:
    path = run / "model.safetensors"
    whole = bytearray(path.read_bytes())
    whole[-5] ^= 4
    path.write_bytes(whole)

    found = inspect_model(run)

    assert not found.is_intact
    assert found.as_json()["intact"] is False
    assert found.facts["arch"] == "test_efficientnet"


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "a.safetensors").write_text("hello")

    with pytest.raises(DataError, match="no model in"):
        inspect_model(tmp_path)
    with pytest.raises(DataError, match="no model in"):
        inspect_model(tmp_path / "nowhere")
    with pytest.raises(WeightsError, match=r"by its name.*ends in \.safetensors"):
        inspect_model(tmp_path / "notes.txt")
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        inspect_model(tmp_path / "a.safetensors")
