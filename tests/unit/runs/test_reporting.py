"""Mirrors src/unfreeze/runs/reporting.py and src/unfreeze/runs/explained.py."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unfreeze.errors import DataError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.insight.report.record import Answer
from unfreeze.runs.explained import heat_pictures, places_of
from unfreeze.runs.reporting import keep_for_report, write_report


def test_training_leaves_a_report_and_what_it_takes_to_write_it_again(
    finished_run: Path, photos: Path
) -> None:
    page = (finished_run / "report.html").read_text(encoding="utf-8")
    kept = json.loads((finished_run / "report.json").read_text())

    assert "of photos are recognised" in page or "photos are recognised" in page
    assert kept["photos"] == str(photos)
    assert kept["train_root"] == str((photos / "train").resolve())
    assert kept["valid_root"] == str((photos / "valid").resolve())
    assert len(kept["map"]) == 18
    assert all(uri.startswith("data:image/jpeg") for uri in kept["heat"].values())
    assert 0 < page.count("<img") <= 2 * 24
    assert "suggested:" in page or "no clear minimum" in page
    assert len(page) < 8e6


def test_a_report_written_again_is_the_same(finished_run: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(finished_run, tmp_path / finished_run.name))
    (again / "report.html").unlink()

    page = write_report(again)

    assert page == again / "report.html"
    assert page.read_bytes() == (finished_run / "report.html").read_bytes()


@pytest.mark.parametrize("root", ["/nowhere", 5])
def test_photos_that_are_gone_are_said_to_be(
    finished_run: Path, tmp_path: Path, root: object
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    kept = json.loads((run / "report.json").read_text())
    (run / "report.json").write_text(json.dumps(kept | {"valid_root": root}))

    page = write_report(run).read_text(encoding="utf-8")

    assert "shows none of them" in page
    assert "The photo is not there any more." in page


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Expected a run folder"):
        write_report(tmp_path)


def test_a_learner_whose_backbone_learned_is_forecast_from_the_old_activations(
    make_learner: Callable[..., ConvLearner], finished_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    learn = make_learner(settings={"arch": "unfreeze_nano", "weights": None})
    learn.precompute = True
    learn.store_activations()
    learn.unfreeze()
    before = {name: each.clone() for name, each in learn.model.state_dict().items()}

    keep_for_report(learn, run)

    kept = json.loads((run / "report.json").read_text())
    assert kept["outlook"]["reason"].startswith("There is no forecast")
    after = learn.model.state_dict()
    assert all((after[name] == each).all() for name, each in before.items())


def test_heat_is_left_out_for_photos_that_cannot_be_read(learn: ConvLearner) -> None:
    name = learn.data.valid.index.names[0]
    answers = [
        Answer(name, "circles", "circles", 0.9, 0.1),
        Answer("circles/gone.png", "circles", "circles", 0.9, 0.1),
    ]

    assert set(heat_pictures(learn, answers)) == {name}


def test_places_are_two_numbers_for_each_photo(learn: ConvLearner) -> None:
    assert np.array(places_of(learn)).shape == (18, 2)


def test_of_too_many_photos_no_activation_is_read(
    make_learner: Callable[..., ConvLearner],
    finished_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    learn = make_learner(settings={"arch": "unfreeze_nano", "weights": None})
    learn.precompute = True
    learn.store_activations()
    read: list[str] = []
    plain = ConvLearner.stored_activations

    def noted(self: ConvLearner, split: str = "valid") -> np.ndarray:
        read.append(split)
        return plain(self, split)  # type: ignore[arg-type]

    monkeypatch.setattr(ConvLearner, "stored_activations", noted)
    keep_for_report(learn, run)

    kept = json.loads((run / "report.json").read_text())
    assert kept["outlook"]["reason"].startswith("There is no forecast")
    assert read == ["valid"]  # for the map
