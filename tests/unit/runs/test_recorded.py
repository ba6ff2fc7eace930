"""Mirrors src/unfreeze/runs/recorded.py."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from torch import nn

from unfreeze.errors import DataError, WeightsError
from unfreeze.records import Task
from unfreeze.runs.recorded import photos_of, read_facts, read_outcomes
from unfreeze.training.checkpoint import load_model, save_model


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder without a model."""
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def test_answers_come_back_as_they_were_written(finished_run: Path) -> None:
    found = read_outcomes(finished_run)

    summary = json.loads((finished_run / "summary.json").read_text())
    right = [a == b for a, b in zip(found.labels, found.predicted, strict=True)]
    assert len(found.files) == 18
    assert sum(right) / 18 == pytest.approx(summary["accuracy"])
    assert sum(found.losses) / 18 == pytest.approx(summary["valid_loss"], abs=1e-5)
    assert found.classes == ("circles", "squares", "stripes")
    again = read_outcomes(finished_run / "model.safetensors")
    assert again.files == found.files


def test_missing_answers_are_refused(run: Path) -> None:
    with pytest.raises(DataError, match=r"no predictions.csv.*labelled photos as DATA"):
        read_outcomes(run)


@pytest.mark.parametrize("content", [None, "torn {", "[]", "{}", '{"valid_root": 5}'])
def test_where_photos_were_is_not_always_known(run: Path, content: str | None) -> None:
    if content is not None:
        (run / "report.json").write_text(content)

    assert photos_of(run) is None


def test_a_run_says_where_its_photos_were(finished_run: Path, photos: Path) -> None:
    root = (photos / "valid").resolve()

    assert photos_of(finished_run) == root
    assert photos_of(finished_run / "model.safetensors") == root


def test_a_model_file_by_itself_has_no_answers(
    finished_run: Path, tmp_path: Path
) -> None:
    """Those beside it are of the model of the run."""
    run = shutil.copytree(finished_run, tmp_path / "run")
    other = shutil.copy(run / "model.safetensors", run / "v1.safetensors")

    with pytest.raises(DataError, match=r"by itself.*labelled photos as DATA"):
        read_outcomes(Path(other))


def test_models_for_several_labels_are_refused(
    finished_run: Path, tmp_path: Path
) -> None:
    model, header = load_model(finished_run / "model.safetensors")
    several = dataclasses.replace(header, task=Task.MULTI)
    save_model(tmp_path / "model.safetensors", model, several)

    with pytest.raises(DataError, match="several labels to a photo"):
        read_outcomes(tmp_path)


def test_facts_are_those_of_the_model(finished_run: Path) -> None:
    facts = read_facts(finished_run)

    model: nn.Module = load_model(finished_run / "model.safetensors")[0]
    assert facts.parameters == sum(each.numel() for each in model.parameters())
    assert facts.model_bytes == len((finished_run / "model.safetensors").read_bytes())
    assert (facts.arch, facts.size, facts.n_train) == ("unfreeze_nano", 32, 36)
    assert facts.seconds is not None
    assert facts.seconds > 0
    assert facts.settings["epochs"] == 6


def test_a_model_file_alone_tells_less(finished_run: Path, tmp_path: Path) -> None:
    alone = shutil.copy(
        finished_run / "model.safetensors", tmp_path / "old.safetensors"
    )

    facts = read_facts(Path(alone))

    assert (facts.arch, facts.seconds) == ("unfreeze_nano", None)
    assert facts.settings["recipe"] == "quick"


@pytest.mark.parametrize("summary", [None, "torn {", "[]"])
def test_what_is_not_there_is_not_known(run: Path, summary: str | None) -> None:
    if summary is not None:
        (run / "summary.json").write_text(summary)

    facts = read_facts(run)

    assert (facts.arch, facts.size, facts.model_bytes, facts.parameters) == (None,) * 4
    assert facts.settings == {}


def test_a_damaged_model_is_refused(run: Path) -> None:
    (run / "model.safetensors").write_bytes(b"not weights")

    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        read_facts(run)
