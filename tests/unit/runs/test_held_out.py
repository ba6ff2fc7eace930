"""Mirrors src/unfreeze/runs/held_out.py; whole runs are in test_export_photos.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.runs.begun import Begun
from unfreeze.runs.held_out import held_out_by, names_in
from unfreeze.runs.photo_prints import PhotoPrints
from unfreeze.runs.settings import RunSettings


def _names(*names: str) -> np.ndarray:
    return np.frombuffer("\0".join(names).encode(), np.uint8)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a run of two photos with several labels leaves as it begins."""
    photos, run = tmp_path / "photos", tmp_path / "run"
    photos.mkdir()
    (run / "checkpoint").mkdir(parents=True)
    Begun.now(photos, RunSettings(arch="unfreeze_nano")).write(run)
    arrays = {
        "train.names": _names("a.png", "../b.png"),
        "train.digests": np.zeros((2, 16), np.uint8),
        "train.labels": np.array([[1, 0, 0], [0, 0, 1]], np.float32),
        "valid.names": _names("c.png", "/d.png", "e.png"),
        "valid.digests": np.zeros((3, 16), np.uint8),
        "valid.labels": np.array([[1, 0, 1], [1, 1, 1], [0, 0, 0]], np.float32),
    }
    prints = PhotoPrints(("great dane", "pug", "cat"), arrays)
    prints.write(run / "checkpoint/photos.safetensors")
    return run


def test_labels_and_names_are_those_that_a_run_began_with(
    run: Path, tmp_path: Path
) -> None:
    found = held_out_by(run)

    assert found is not None
    assert found.root == found.learned_root == tmp_path / "photos"
    assert found.labels == {"c.png": "great dane;cat", "e.png": ""}
    assert list(found.learned) == ["a.png"]


@pytest.mark.parametrize("lost", ["begun.json", "photos.safetensors"])
def test_without_one_of_its_files_a_run_says_nothing(run: Path, lost: str) -> None:
    (run / "checkpoint" / lost).unlink()

    assert held_out_by(run) is None


def test_damaged_answers_are_not_believed(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "predictions.csv").write_text("nothing of ours\n1\n")
    assert held_out_by(other) is None

    (run / "predictions.csv").write_text("nothing of ours\n1\n")
    found = held_out_by(run)
    assert found is not None
    assert "c.png" in found.labels


def test_a_folder_that_is_gone_holds_no_names(tmp_path: Path) -> None:
    assert list(names_in(tmp_path / "gone")) == []
