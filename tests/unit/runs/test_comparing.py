"""Mirrors src/unfreeze/runs/comparing.py."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unfreeze.answering import Answering
from unfreeze.errors import DataError
from unfreeze.records import Predictions, Task
from unfreeze.runs.comparing import compare_runs, outcomes_of
from unfreeze.runs.predictor import Answers
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.training_run import train_folder
from unfreeze.training.checkpoint import load_model, save_model


@pytest.fixture(scope="module")
def other_run(
    photos: Path, settings: RunSettings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Another seed, and hardly any training."""
    out = tmp_path_factory.mktemp("runs") / "other"
    short = replace(settings, epochs=1, seed=3)
    train_folder(photos, out, short, write=lambda line: None, has_bar=False)
    return out


def test_written_answers_and_new_ones_agree(
    finished_run: Path, other_run: Path, photos: Path
) -> None:
    written = compare_runs(finished_run, other_run).comparison
    now = compare_runs(finished_run, other_run, photos, num_workers=0).comparison

    assert written.num_images == now.num_images == 18
    assert written.first_accuracy == now.first_accuracy
    assert written.second_accuracy == now.second_accuracy
    assert [each.file for each in written.broken] == [each.file for each in now.broken]
    assert written.second_loss == pytest.approx(now.second_loss, abs=0.02)


def test_scores_are_those_of_the_summaries(finished_run: Path, other_run: Path) -> None:
    found = compare_runs(finished_run, other_run)

    accuracies = [
        json.loads((run / "summary.json").read_text())["accuracy"]
        for run in (finished_run, other_run)
    ]
    assert found.comparison.first_accuracy == pytest.approx(accuracies[0])
    assert found.comparison.second_accuracy == pytest.approx(accuracies[1])


def test_it_travels_as_json(finished_run: Path, other_run: Path) -> None:
    content = json.loads(json.dumps(compare_runs(finished_run, other_run).as_json()))

    assert content["settings_that_differ"] == {"epochs": [6, 1], "seed": [0, 3]}
    assert content["first"]["run"] == str(finished_run)
    assert content["first"]["parameters"] == content["second"]["parameters"] > 1000
    assert content["difference"] == pytest.approx(
        content["second"]["accuracy"] - content["first"]["accuracy"]
    )
    assert content["interval"][0] <= content["difference"] <= content["interval"][1]
    assert {each["name"] for each in content["per_class"]} == {
        "circles", "squares", "stripes",
    }  # fmt: skip


def test_a_page_shows_the_photos_that_changed(
    finished_run: Path, other_run: Path, photos: Path, tmp_path: Path
) -> None:
    found = compare_runs(finished_run, other_run, photos, num_workers=0)
    found.write_page(tmp_path / "page.html")

    page = (tmp_path / "page.html").read_text()
    flips = len(found.comparison.fixed) + len(found.comparison.broken)
    assert flips > 0
    assert page.count('src="data:image/jpeg') == flips


def test_without_photos_pictures_come_from_where_the_runs_had_them(
    finished_run: Path, other_run: Path, photos: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(finished_run, tmp_path / "moved")
    kept = json.loads((moved / "report.json").read_text())
    (moved / "report.json").write_text(json.dumps(kept | {"valid_root": "/nowhere"}))

    found = compare_runs(moved, other_run)
    found.write_page(tmp_path / "page.html")

    assert found.photos == (Path("/nowhere"), (photos / "valid").resolve())
    (caution,) = found.as_json()["cautions"]
    assert "are not in /nowhere any more" in caution
    page = (tmp_path / "page.html").read_text()
    flips = len(found.comparison.fixed) + len(found.comparison.broken)
    assert page.count('src="data:image/jpeg') == flips > 0


def test_other_photos_of_the_same_names_are_not_compared(
    finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(finished_run, tmp_path / "other")
    others = shutil.copytree(photos / "valid", tmp_path / "valid")
    kept = json.loads((other / "report.json").read_text())
    (other / "report.json").write_text(json.dumps(kept | {"valid_root": str(others)}))
    assert compare_runs(finished_run, other).cautions == ()
    shutil.copy(others / "circles/circles00.png", others / "circles/circles01.png")

    with pytest.raises(DataError, match=r"'circles/circles01.png', for example"):
        compare_runs(finished_run, other)


def test_names_that_lead_elsewhere_are_not_followed(
    finished_run: Path, other_run: Path, photos: Path, tmp_path: Path
) -> None:
    found = compare_runs(finished_run, other_run)
    inside = found.comparison.fixed or found.comparison.broken
    elsewhere = f"../valid/{inside[0].file}"
    assert (photos / "valid" / elsewhere).is_file()
    outside = [replace(flip, file=elsewhere) for flip in inside]
    changed = replace(found.comparison, fixed=tuple(outside), broken=())

    replace(found, comparison=changed).write_page(tmp_path / "page.html")

    assert "data:image/jpeg" not in (tmp_path / "page.html").read_text()


def test_a_model_kept_beside_another_does_not_answer_for_it(
    finished_run: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(finished_run, tmp_path / "run")
    kept = shutil.copy(run / "model.safetensors", run / "v1.safetensors")

    with pytest.raises(DataError, match=r"v1.safetensors is a model file by itself"):
        compare_runs(Path(kept), run)


def test_photos_are_found_in_class_folders_alone(
    finished_run: Path, other_run: Path, photos: Path
) -> None:
    found = compare_runs(finished_run, other_run, photos / "valid", num_workers=0)

    assert found.photos == (photos / "valid",)
    assert found.comparison.num_images == 18


def test_photos_that_a_model_may_have_learned_from_are_warned_of(
    finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    for name in ("circles", "squares", "stripes"):
        shutil.copytree(photos / "valid" / name, tmp_path / "all" / name)
    first = next((photos / "train" / "circles").iterdir())
    shutil.copy(first, tmp_path / "all" / "circles" / f"again-{first.name}")

    found = compare_runs(finished_run, finished_run, tmp_path / "all", num_workers=0)

    assert len(found.cautions) == 1
    assert "and 1 other, from which it may have learned" in found.cautions[0]
    assert "Both runs are right on the same photos." in found.verdict


def test_photos_of_its_training_folder_are_warned_of_once_for_each_run(
    finished_run: Path, other_run: Path, photos: Path
) -> None:
    train = photos / "train"

    found = compare_runs(finished_run, other_run, train, num_workers=0)
    alone = compare_runs(finished_run, finished_run, train, num_workers=0)

    assert len(alone.cautions) == 1
    for run, caution in zip((finished_run, other_run), found.cautions, strict=False):
        assert f"{run} was trained on {train.resolve()}" in caution
        assert "36 of 36 photos" in caution


def test_a_model_that_lacks_a_class_is_named(
    finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    shutil.copytree(photos / "valid" / "stripes", tmp_path / "zebras")

    with pytest.raises(DataError, match=r"drawn cannot answer .*'zebras'"):
        compare_runs(finished_run, finished_run, tmp_path, num_workers=0)


def test_model_files_alone_answer_photos(
    finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    alone = shutil.copy(finished_run / "model.safetensors", tmp_path / "x.safetensors")

    found = compare_runs(Path(alone), finished_run, photos, num_workers=0)

    assert found.comparison.num_images == 18
    assert found.cautions == ()
    assert found.comparison.first_accuracy == found.comparison.second_accuracy


def test_models_for_several_labels_are_refused_on_new_photos(
    finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    model, header = load_model(finished_run / "model.safetensors")
    several = replace(header, task=Task.MULTI)
    save_model(tmp_path / "several.safetensors", model, several)

    with pytest.raises(DataError, match="several labels to a photo"):
        compare_runs(finished_run, tmp_path / "several.safetensors", photos)


@pytest.mark.parametrize("labels", [None, np.ones((1, 2))])
def test_only_photos_with_one_label_are_compared(labels: np.ndarray | None) -> None:
    predictions = Predictions(["a"], ("x", "y"), np.log([[0.5, 0.5]]), labels)

    with pytest.raises(DataError, match="one label each"):
        outcomes_of(Answers(predictions, (), Answering(classes=predictions.classes)))
