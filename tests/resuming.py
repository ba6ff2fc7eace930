"""Runs of which a copy is taken at every moment that matters, to go on from each.

A copy of a run folder is what a kill at that moment leaves. The run itself goes on, so
it tells how each of its copies has to end.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from unfreeze.model_file.reading import read_header
from unfreeze.runs.run_diary import Keeping
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.state_folder import StateFolder
from unfreeze.runs.training_run import train_folder
from unfreeze.training.fit_state import Tensors

EVERY_EPOCH = Keeping(share=float("inf"), minutes=float("inf"))
EVERY_STEP = Keeping(share=float("inf"), minutes=0.0)

_TIMES = frozenset({"seconds", "images_per_second"})


@dataclass(frozen=True)
class Copied:
    """A finished run, and what a kill at each moment would have left of it."""

    finished: Path
    moments: list[Path]
    """Before and after each state was written."""


def run_with_copies(
    photos: Path,
    folder: Path,
    settings: RunSettings,
    keeping: Keeping,
    wanted: Callable[[int], bool] = lambda moment: True,
) -> Copied:
    """Train, and copy the run folder before and after each state is written.

    Args:
        photos: To train on.
        folder: For the run and its copies.
        settings: Of the run.
        keeping: How often its state is kept.
        wanted: Whether to make a copy at a moment; 0 is before the first state.
    """
    moments: list[Path] = []
    run = folder / "run"
    really, numbers = StateFolder.write, count()

    def copy() -> None:
        number = next(numbers)
        if wanted(number):
            moments.append(folder / f"moment-{number:04}")
            shutil.copytree(run, moments[-1])

    def write(
        states: StateFolder, tensors: Tensors, content: Mapping[str, Any], best: Path
    ) -> None:
        copy()
        really(states, tensors, content, best)
        copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StateFolder, "write", write)
        train_folder(
            photos,
            run,
            settings,
            write=lambda line: None,
            has_bar=False,
            keeping=keeping,
        )
    return Copied(run, moments)


def require_same_end(one: Path, other: Path) -> None:
    """Fail where two finished runs differ in more than their times."""
    weights, others = (load_file(run / "model.safetensors") for run in (one, other))
    assert weights.keys() == others.keys()
    for name, tensor in weights.items():
        assert tensor.equal(others[name]), name
    headers = [read_header(run / "model.safetensors") for run in (one, other)]
    assert headers[0] == headers[1]
    tables = [(run / "predictions.csv").read_bytes() for run in (one, other)]
    assert tables[0] == tables[1]
    assert history_of(one) == history_of(other)
    assert summary_of(one) == summary_of(other)
    names = [sorted(each.name for each in run.iterdir()) for run in (one, other)]
    assert names[0] == names[1]


def history_of(run: Path) -> list[Any]:
    """Rows of a history, without times."""
    lines = (run / "history.jsonl").read_text().splitlines()
    return [_timeless(json.loads(line)) for line in lines]


def summary_of(run: Path) -> Any:  # noqa: ANN401
    """A summary, without times."""
    return _timeless(json.loads((run / "summary.json").read_text()))


def _timeless(value: Any) -> Any:  # noqa: ANN401
    match value:
        case dict():
            return {k: _timeless(v) for k, v in value.items() if k not in _TIMES}
        case list():
            return [_timeless(each) for each in value]
        case _:
            return value
