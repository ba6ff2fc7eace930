"""Mirrors src/unfreeze/runs/export_photos.py."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.resuming import EVERY_EPOCH, run_with_copies
from unfreeze.answering import Answering
from unfreeze.errors import DataError
from unfreeze.records import Predictions, Task
from unfreeze.runs.export_photos import photos_below, photos_of_run
from unfreeze.runs.measuring import write_predictions
from unfreeze.runs.photo_prints import PhotoPrints
from unfreeze.runs.settings import RunSettings

RULES = Answering(classes=("circles", "squares", "stripes"))


def test_a_run_knows_its_validation_photos_and_others(
    finished_run: Path, photos: Path
) -> None:
    proof = photos_of_run(finished_run, RULES)

    valid = sorted((photos / "valid").rglob("*.png"))
    assert sorted(path.resolve() for path in proof.photos) == [
        path.resolve() for path in valid
    ]
    assert proof.labels == tuple(path.parent.name for path in proof.photos)
    train = {path.resolve() for path in (photos / "train").rglob("*.png")}
    assert proof.examples
    assert {path.resolve() for path in proof.examples} <= train
    assert photos_of_run(finished_run / "model.safetensors", RULES) == proof


@pytest.fixture(scope="module")
def killed_run(
    photos: Path, settings: RunSettings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What a kill leaves behind the first epoch of two."""
    folder = tmp_path_factory.mktemp("killed")
    short = replace(settings, epochs=2)
    return run_with_copies(
        photos, folder, short, EVERY_EPOCH, lambda moment: moment == 3
    ).moments[0]


def test_a_run_that_was_killed_knows_its_photos_too(
    killed_run: Path, photos: Path
) -> None:
    assert (killed_run / "model.safetensors").is_file()
    assert not (killed_run / "predictions.csv").exists()

    proof = photos_of_run(killed_run, RULES)

    valid = {path.resolve() for path in (photos / "valid").rglob("*.png")}
    train = {path.resolve() for path in (photos / "train").rglob("*.png")}
    assert {path.resolve() for path in proof.photos} == valid
    assert proof.labels == tuple(path.parent.name for path in proof.photos)
    assert proof.examples
    assert {path.resolve() for path in proof.examples} <= train


def test_of_damaged_prints_nothing_is_believed(
    killed_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(killed_run, tmp_path / "run"))
    file = run / "checkpoint/photos.safetensors"
    prints = PhotoPrints.read(file)
    prints.arrays["valid.labels"][0] = 99
    prints.write(file)

    with pytest.raises(DataError, match="does not say where"):
        photos_of_run(run, RULES)


def test_prints_from_elsewhere_cannot_name_files_outside_the_photos(
    killed_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(killed_run, tmp_path / "run"))
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    file = run / "checkpoint/photos.safetensors"
    prints = PhotoPrints.read(file)
    for split in ("train", "valid"):
        count = len(prints.arrays[f"{split}.labels"])
        names = "\0".join(str(secret) for _ in range(count)).encode()
        prints.arrays[f"{split}.names"] = np.frombuffer(names, np.uint8)
    prints.write(file)

    with pytest.raises(DataError, match="are not in"):
        photos_of_run(run, RULES)


def test_each_command_names_what_it_has(finished_run: Path, tmp_path: Path) -> None:
    run = _with_kept(finished_run, tmp_path / "run", valid_root=None)

    with pytest.raises(DataError, match=r"real photos\. Do this\.$"):
        photos_of_run(run, RULES, "Do this.")


def _with_kept(finished_run: Path, run: Path, **changes: object) -> Path:
    """A copy of the run that remembers something else; None is forgotten."""
    shutil.copytree(finished_run, run)
    kept = json.loads((run / "report.json").read_text()) | changes
    kept = {name: value for name, value in kept.items() if value is not None}
    (run / "report.json").write_text(json.dumps(kept))
    return run


def test_the_folder_that_one_stands_in_does_not_matter(
    finished_run: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _with_kept(finished_run, tmp_path / "run", photos=photos.name)
    monkeypatch.chdir(photos.parent)
    there = photos_of_run(run, RULES)
    monkeypatch.chdir(tmp_path)

    assert photos_of_run(run, RULES) == there
    assert {path.parent.parent.name for path in there.examples} == {"train"}


@pytest.mark.parametrize("above", ["", "../", "./"])
def test_a_relative_folder_of_an_earlier_run_is_found_around_its_photos(
    finished_run: Path,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    above: str,
) -> None:
    named = above + "/".join(photos.resolve().parts[-2:])
    run = _with_kept(finished_run, tmp_path / "run", photos=named, train_root=None)
    monkeypatch.chdir(tmp_path)

    assert photos_of_run(run, RULES) == photos_of_run(finished_run, RULES)


@pytest.mark.parametrize("named", [None, ".", "elsewhere", "/nowhere"])
def test_where_no_training_photo_is_found_some_others_are_not_compared(
    finished_run: Path, photos: Path, tmp_path: Path, named: str | None
) -> None:
    run = _with_kept(finished_run, tmp_path / "run", photos=named, train_root=None)

    proof = photos_of_run(run, RULES, sets_aside=True)

    assert photos_of_run(run, RULES).examples == ()
    assert len(photos_of_run(run, RULES).photos) == 18
    assert (len(proof.photos), len(proof.examples)) == (15, 3)
    assert not set(proof.photos) & set(proof.examples)
    assert {path.parent.parent.name for path in proof.examples} == {"valid"}
    assert proof.labels == tuple(path.parent.name for path in proof.photos)


def test_of_fewer_than_five_photos_none_is_set_aside(
    photos: Path, tmp_path: Path
) -> None:
    for number, path in enumerate(sorted((photos / "valid").rglob("*.png"))[:4]):
        shutil.copy(path, tmp_path / f"{number}.png")

    proof = photos_below(tmp_path, RULES, sets_aside=True)

    assert (len(proof.photos), proof.examples) == (4, ())


def test_a_run_whose_photos_are_gone_says_so(
    finished_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    kept = json.loads((run / "report.json").read_text())
    kept["valid_root"] = str(tmp_path / "gone")
    (run / "report.json").write_text(json.dumps(kept))

    with pytest.raises(DataError, match=r"are not in .*gone any more.*--data"):
        photos_of_run(run, RULES)

    (run / "report.json").unlink()
    with pytest.raises(DataError, match=r"does not say where.*Pass --data"):
        photos_of_run(run, RULES)


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
    (run / "predictions.csv").write_text(
        "file,label,predicted,probability\n"
        f"../secret.png,squares,squares,1\n{secret},squares,squares,1\n"
    )

    with pytest.raises(DataError, match="are not in"):
        photos_of_run(run, RULES)


def test_photos_in_class_folders_are_labelled(photos: Path, tmp_path: Path) -> None:
    proof = photos_below(photos, RULES)

    assert Counter(proof.labels) == dict.fromkeys(RULES.classes, 6)
    assert all("valid" in path.parts for path in proof.photos)
    assert all("train" in path.parts for path in proof.examples)
    for path in (photos / "valid").rglob("*.png"):
        shutil.copy(path, tmp_path / f"{path.parent.name}-{path.name}")
    assert len(photos_below(tmp_path, RULES).photos) == 18
    flat = photos_below(tmp_path, RULES, sets_aside=True)
    # A fifth is set aside to show the range of the network's numbers.
    assert (len(flat.photos), flat.labels, len(flat.examples)) == (15, None, 3)
    assert not set(flat.photos) & set(flat.examples)


def test_many_photos_are_sampled_the_same_way_each_time(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unfreeze.runs.export_photos._MOST", 7)

    first, second = (photos_below(photos, Answering(classes=("x",))) for _ in range(2))

    assert first == second
    assert len(first.photos) == 7
    assert first.labels is None


def test_labels_that_the_model_cannot_say_are_none(
    finished_run: Path, photos: Path
) -> None:
    others = Answering(classes=("cats", "dogs"))

    assert photos_of_run(finished_run, others).labels is None
    assert photos_below(photos, others).labels is None
    several = replace(RULES, task=Task.MULTI)
    assert photos_below(photos, several).labels is None
    assert photos_of_run(finished_run, several).labels is not None


def test_names_that_look_like_formulas_and_odd_titles_are_read(
    finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    kept = json.loads((run / "report.json").read_text())
    kept |= {"valid_root": str(tmp_path / "valid"), "photos": 5, "train_root": 5}
    (run / "report.json").write_text(json.dumps(kept))
    for name in ("-1", "+1"):
        (tmp_path / "valid" / name).mkdir(parents=True)
        source = next((photos / "valid/squares").iterdir())
        shutil.copy(source, tmp_path / "valid" / name / "=a.png")
    classes = ("+1", "-1", "label", "file")
    probs = np.log(np.full((2, 4), 0.25))
    names = ["+1/=a.png", "-1/=a.png"]
    written = Predictions(names, classes, probs, np.array([0, 1]))
    write_predictions(run / "predictions.csv", written)

    proof = photos_of_run(run, Answering(classes=classes))

    assert [path.parent.name for path in proof.photos] == ["+1", "-1"]
    assert proof.labels == ("+1", "-1")
    assert proof.examples == ()
