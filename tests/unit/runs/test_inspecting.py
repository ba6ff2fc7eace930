"""Mirrors src/unfreeze/runs/inspecting.py."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from unfreeze.errors import DataError, WeightsError
from unfreeze.export.marks import PROGRAM_MARK, PROGRAM_WORDS
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


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "x.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data/weights", b"weights" * 100)
        archive.writestr(f"x/extra/{PROGRAM_MARK}", f"{PROGRAM_WORDS}1.2")
    return path


def test_a_program_for_torch_tells_what_it_is(program: Path) -> None:
    found = inspect_model(program)

    facts = found.as_json()
    assert facts["kind"] == "exported program, for torch.export.load"
    assert facts["versions"] == {"unfreeze": "1.2"}
    assert facts["digest"] == hashlib.sha256(program.read_bytes()).hexdigest()
    assert facts["bytes"] == program.stat().st_size
    assert facts["intact"] is True


def test_a_damaged_program_is_shown_as_such(program: Path) -> None:
    whole = bytearray(program.read_bytes())
    whole[whole.index(b"weights" * 100) + 5] ^= 4
    program.write_bytes(whole)

    assert not inspect_model(program).is_intact


def test_programs_of_others_are_refused(tmp_path: Path, program: Path) -> None:
    with zipfile.ZipFile(tmp_path / "theirs.pt2", "w") as archive:
        archive.writestr("x/data/weights", b"weights")
    program.write_bytes(program.read_bytes()[:-50])

    for path in (tmp_path / "theirs.pt2", program):
        with pytest.raises(WeightsError, match="no program that unfreeze export wrote"):
            inspect_model(path)


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
