"""Mirrors src/unfreeze/cli/resume.py."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from unfreeze.front.conv_learner import ConvLearner

Unfreeze: TypeAlias = Callable[..., Any]

SHORT = "--arch unfreeze_nano --size 32 --batch-size 8 --num-workers 0 --recipe quick"


@pytest.fixture
def stopped(unfreeze: Unfreeze, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that Ctrl-C stopped behind its search."""

    def interrupt(learn: ConvLearner, *arguments: object, **words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ConvLearner, "fit", interrupt)
        ended = unfreeze(f"train {SHORT} --epochs 1 --out run", photos)
    assert ended.code == 130
    assert "unfreeze resume run\nstopped" in ended.err
    return Path("run")


def test_a_stopped_run_is_refused_by_train_and_finished_by_resume(
    unfreeze: Unfreeze, photos: Path, stopped: Path
) -> None:
    summary = json.loads((stopped / "summary.json").read_text())
    assert summary["status"] == "stopped"

    refused = unfreeze(f"train {SHORT} --out run", photos).mistake
    assert "unfreeze resume run;" in refused
    ended = unfreeze("resume run --json")

    assert ended.code == 0
    assert ended.content["status"] == "finished"
    assert ended.content["run"] == "run"
    assert "Going on with run in step 3" in ended.err
    assert not (stopped / "checkpoint").exists()
    assert "is finished already" in unfreeze("resume run").mistake


def test_train_names_an_unfinished_run_of_the_same_photos(
    unfreeze: Unfreeze, photos: Path, stopped: Path
) -> None:
    first = Path("runs") / photos.name
    first.parent.mkdir()
    stopped.rename(first)

    ended = unfreeze(f"train {SHORT} --epochs 1", photos)

    assert ended.code == 0
    assert f"to go on with it: unfreeze resume {first}" in ended.out
    assert f"saved in {first}-2" in ended.out
