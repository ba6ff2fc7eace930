"""Mirrors src/unfreeze/runs/training_run.py."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from unfreeze.errors import DataError, PlanError, UnfreezeError, WeightsError
from unfreeze.front.budget import Prices, plan_after_head
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.learner import Learner
from unfreeze.front.pacing import Moment
from unfreeze.front.plan import Plan, Recipe, options_of
from unfreeze.front.steps import StepClock
from unfreeze.front.summary import StepSummary
from unfreeze.model_file.reading import read_header
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.training_run import _pacing, look_at_photos, train_folder
from unfreeze.training.speeds import Speeds


def quiet(line: str) -> None:
    del line


@pytest.fixture(scope="module")
def summary(finished_run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((finished_run / "summary.json").read_text())
    return content


# --- how far a run goes ------------------------------------------------------------

PRICES = Prices(
    storing=40,
    head=4,
    frozen_epoch=20,
    batch=1,
    whole_epoch=60,
    look=2,
    answer=10,
    answer_of_head=10,
    view=12,
    batches_per_epoch=13,
)
"""Of 800 photos on two cores, about."""


def _what_trains(plan: Plan) -> tuple[object, ...]:
    """All that a plan says of the steps that its recipe has."""
    match plan.recipe:
        case "quick":
            return ("quick", plan.head_epochs, plan.num_views)
        case "head":
            return ("head", plan.head_epochs, plan.frozen_epochs, plan.further_cycles)
        case "eight-steps":
            return dataclasses.astuple(dataclasses.replace(plan, num_views=0))


@pytest.mark.parametrize("recipe", ["eight-steps", "head", "quick"])
@pytest.mark.parametrize("seconds", [15, 40, 60, 100, 300, 1000])
def test_options_that_repeat_a_budget_plan_the_same(
    data: ImageClassifierData, settings: RunSettings, recipe: Recipe, seconds: float
) -> None:
    clock, learn = StepClock(quiet, 0.0), ConvLearner.__new__(ConvLearner)

    def plan_of(settings: RunSettings) -> Plan:
        pacing = _pacing(data, settings, clock)
        return pacing.plan_at(Moment.BEGINNING, learn, StepSummary("any"))

    usual = plan_of(dataclasses.replace(settings, recipe=recipe, epochs=None))
    chosen = plan_after_head(usual, PRICES, seconds)
    options = options_of(chosen, usual)

    words = [] if options is None else options.split()
    said = dict(zip(words[::2], words[1::2], strict=True))
    epochs = said.get("--epochs")
    repeated = plan_of(
        dataclasses.replace(
            settings,
            recipe=cast(Recipe, said.get("--recipe", "eight-steps")),
            epochs=None if epochs is None else int(epochs),
        )
    )
    assert options is None or _what_trains(repeated) == _what_trains(chosen)
    assert options is not None or chosen.recipe == "eight-steps"


# --- what a run leaves -------------------------------------------------------------


def test_a_run_leaves_these_files(finished_run: Path) -> None:
    assert sorted(each.name for each in finished_run.iterdir()) == [
        "history.jsonl",
        "model.safetensors",
        "predictions.csv",
        "report.html",
        "report.json",
        "summary.json",
    ]


def test_the_summary_agrees_with_the_predictions(
    finished_run: Path, summary: dict[str, Any]
) -> None:
    with (finished_run / "predictions.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))

    labels = [row["label"] for row in rows]
    predicted = [row["predicted"] for row in rows]
    losses = [float(row["loss"]) for row in rows]
    assert summary["status"] == "finished"
    assert (summary["n_train"], summary["n_valid"]) == (36, len(rows)) == (36, 18)
    assert summary["accuracy"] == pytest.approx(
        np.mean([a == b for a, b in zip(labels, predicted, strict=True)])
    )
    assert summary["valid_loss"] == pytest.approx(np.mean(losses), abs=1e-5)
    expected = confusion_matrix(labels, predicted, labels=summary["classes"])
    assert summary["confusion"] == expected.tolist()


def test_seconds_of_the_steps_add_up(summary: dict[str, Any]) -> None:
    steps = sum(step["seconds"] for step in summary["steps"])

    assert steps == pytest.approx(summary["seconds"], abs=0.05)


def test_the_history_has_a_row_per_step_and_per_epoch(finished_run: Path) -> None:
    lines = (finished_run / "history.jsonl").read_text().splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]

    assert kinds[:2] == ["search", "fit"]
    assert kinds.count("epoch") == 6
    assert kinds.count("step") == 6 * 5


def test_the_model_carries_the_settings_of_its_run(
    finished_run: Path, settings: RunSettings
) -> None:
    header = read_header(finished_run / "model.safetensors")

    assert header.classes == ("circles", "squares", "stripes")
    wanted = dataclasses.asdict(settings)
    wanted.pop("num_workers")  # changes the speed, never the weights
    assert {name: header.settings[name] for name in wanted} == wanted


# --- a budget ----------------------------------------------------------------------


@pytest.fixture
def quickly_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend a thousandth of the usual time on measuring."""
    really = Learner.measure_speeds

    def measure(learn: Learner, seconds: float, bn_frozen: bool) -> Speeds:
        return really(learn, seconds / 1000, bn_frozen)

    monkeypatch.setattr(Learner, "measure_speeds", measure)


def test_without_a_budget_there_is_no_plan(summary: dict[str, Any]) -> None:
    assert (summary["budget"], summary["plan"]) == (None, None)


@pytest.mark.usefixtures("quickly_measured")
def test_a_budget_leaves_its_plan(
    photos: Path, tmp_path: Path, settings: RunSettings
) -> None:
    ample = dataclasses.replace(settings, epochs=None, budget=3600.0)

    train_folder(photos, tmp_path / "run", ample, write=quiet, has_bar=False)

    content = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert content["budget"] == content["settings"]["budget"] == 3600.0
    assert content["plan"] == {
        "recipe": "quick", "head_epochs": 50, "frozen_epochs": 0, "sweep_batches": 0,
        "epochs": 0, "num_views": 0, "further_cycles": [],
    }  # fmt: skip
    assert content["steps"][-1]["epochs"] == 50
    assert content["tta_accuracy"] is None  # views would take longer than the recipe
    assert "Budget 1h" in content["steps"][0]["note"]


@pytest.mark.usefixtures("quickly_measured")
def test_a_budget_that_is_too_small_leaves_nothing(
    photos: Path, tmp_path: Path, settings: RunSettings
) -> None:
    hasty = dataclasses.replace(settings, epochs=None, budget=0.5)

    with pytest.raises(PlanError, match="is too small"):
        train_folder(photos, tmp_path / "run", hasty, write=quiet, has_bar=False)

    assert not (tmp_path / "run").exists()


# --- photos ------------------------------------------------------------------------


def test_skipped_files_are_counted_and_named_on_standard_error(
    drawn_folder: Path,
    tmp_path: Path,
    settings: RunSettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(2):
        (drawn_folder / f"train/circles/junk{number}.jpg").write_bytes(b"junk")
    (drawn_folder / "train/circles/notes.txt").write_text("of the photographer")
    lines: list[str] = []

    summary = train_folder(
        drawn_folder, tmp_path / "run", settings, write=lines.append, has_bar=False
    )

    assert {each.file for each in summary.skipped} == {
        "circles/junk0.jpg",
        "circles/junk1.jpg",
        "circles/notes.txt",
    }
    said = capsys.readouterr()
    assert sum(line.startswith("skipped") for line in said.err.splitlines()) == 3
    assert not [line for line in (*lines, said.out) if "skipped" in line]


# --- mistakes ----------------------------------------------------------------------


def test_mistakes_are_found_before_anything_is_written(
    photos: Path, tmp_path: Path, settings: RunSettings
) -> None:
    junk = tmp_path / "junk.pth"
    junk.write_bytes(b"nonsense")
    empty = tmp_path / "empty"
    empty.mkdir()
    out = tmp_path / "out"
    mistakes: list[tuple[Path, dict[str, Any], type[UnfreezeError]]] = [
        (tmp_path / "nowhere", {}, DataError),
        (photos, {"arch": "resnt34"}, PlanError),
        (photos, {"augment": "upside"}, PlanError),
        (photos, {"max_zoom": 0.0}, PlanError),
        (photos, {"weights": "nowhere.pth"}, WeightsError),
        (photos, {"weights": str(junk)}, WeightsError),
        (empty, {}, DataError),
    ]

    for folder, words, error in mistakes:
        with pytest.raises(error):
            train_folder(
                folder, out, dataclasses.replace(settings, **words), write=quiet
            )
        assert not out.exists()


def test_a_run_of_something_else_is_refused(
    photos: Path, tmp_path: Path, settings: RunSettings
) -> None:
    (tmp_path / "thesis.txt").touch()

    with pytest.raises(PlanError, match=r"thesis\.txt"):
        train_folder(photos, tmp_path, settings, write=quiet)


def test_ctrl_c_leaves_a_summary_that_says_so(
    photos: Path, tmp_path: Path, settings: RunSettings
) -> None:
    def press_in_step_3(line: str) -> None:
        if line.startswith("\n3."):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_folder(
            photos, tmp_path / "run", settings, write=press_in_step_3, has_bar=False
        )

    content = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert content["status"] == "stopped"
    assert content["accuracy"] is None
    assert len(content["steps"]) == 3


def test_a_table_that_is_not_there_is_found_out_first(
    photos: Path, tmp_path: Path, settings: RunSettings
) -> None:
    lost = dataclasses.replace(settings, csv="lost.csv")

    with pytest.raises(DataError, match=r"no table lost\.csv"):
        train_folder(photos, tmp_path / "run", lost, write=quiet)

    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("csv", [None, "labels.csv"])
def test_the_doctor_is_named_for_folders_and_not_for_a_table(
    drawn_folder: Path, csv: str | None
) -> None:
    photos = sorted((drawn_folder / "train").rglob("*.png"))
    photos[1].write_bytes(photos[0].read_bytes())
    rows = [
        f"train/{each.parent.name}/{each.name},{each.parent.name}" for each in photos
    ]
    (drawn_folder / "labels.csv").write_text("\n".join(["file,label", *rows]))
    lines: list[str] = []

    settings = RunSettings(arch="unfreeze_nano", size=32, num_workers=0, csv=csv)
    read = settings.read_table(drawn_folder)
    look_at_photos(drawn_folder, settings, read, lines.append)

    assert any(each.startswith("check: ") for each in lines)
    assert ("unfreeze check" in lines[-1]) == (csv is None)


def test_scores_stand_in_the_summary(summary: dict[str, Any]) -> None:
    scores = summary["scores"]

    assert scores["accuracy"] == summary["accuracy"]
    assert scores["log_loss"] == pytest.approx(summary["valid_loss"], rel=1e-5)
    assert (
        scores["accuracy_interval"]["low"]
        < summary["accuracy"]
        <= scores["accuracy_interval"]["high"]
    )
    assert [row["name"] for row in scores["per_class"]] == summary["classes"]
    assert scores["calibration"]["temperature"] > 0
    assert [each["threshold"] for each in scores["reject"][2:]] == [None] * 4
