"""Mirrors src/unfreeze/runs/export_photos.py."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from unfreeze.errors import DataError
from unfreeze.runs.export_photos import photos_below, photos_of_run


def test_a_run_knows_its_validation_photos_and_others(
    finished_run: Path, photos: Path
) -> None:
    proof = photos_of_run(finished_run)

    valid = sorted((photos / "valid").rglob("*.png"))
    assert sorted(path.resolve() for path in proof.photos) == [
        path.resolve() for path in valid
    ]
    assert proof.labels == tuple(path.parent.name for path in proof.photos)
    train = {path.resolve() for path in (photos / "train").rglob("*.png")}
    assert proof.examples
    assert {path.resolve() for path in proof.examples} <= train
    assert photos_of_run(finished_run / "model.safetensors") == proof


def test_a_run_whose_photos_are_gone_says_so(
    finished_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    kept = json.loads((run / "report.json").read_text())
    kept["valid_root"] = str(tmp_path / "gone")
    (run / "report.json").write_text(json.dumps(kept))

    with pytest.raises(DataError, match=r"are not in .*gone any more.*--data"):
        photos_of_run(run)

    (run / "report.json").unlink()
    with pytest.raises(DataError, match=r"does not say where.*Pass --data"):
        photos_of_run(run)


def test_a_run_from_elsewhere_cannot_name_files_outside_its_photos(
    finished_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    kept = json.loads((run / "report.json").read_text())
    (tmp_path / "inner").mkdir()
    kept["valid_root"] = str(tmp_path / "inner")
    (run / "report.json").write_text(json.dumps(kept))
    (run / "predictions.csv").write_text(f"file,label\n../secret.png,x\n{secret},x\n")

    with pytest.raises(DataError, match="are not in"):
        photos_of_run(run)


def test_photos_in_class_folders_are_labelled(photos: Path, tmp_path: Path) -> None:
    classes = sorted(path.name for path in (photos / "valid").iterdir())

    proof = photos_below(photos, classes)

    assert Counter(proof.labels) == dict.fromkeys(classes, 6)
    assert all("valid" in path.parts for path in proof.photos)
    assert all("train" in path.parts for path in proof.examples)
    for path in (photos / "valid").rglob("*.png"):
        shutil.copy(path, tmp_path / f"{path.parent.name}-{path.name}")
    flat = photos_below(tmp_path, classes)
    assert (len(flat.photos), flat.labels, flat.examples) == (18, None, ())


def test_many_photos_are_sampled_the_same_way_each_time(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unfreeze.runs.export_photos._MOST", 7)

    first, second = photos_below(photos, ["x"]), photos_below(photos, ["x"])

    assert first == second
    assert len(first.photos) == 7
    assert first.labels is None
