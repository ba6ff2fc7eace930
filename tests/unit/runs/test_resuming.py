"""Mirrors src/unfreeze/runs/resuming.py."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from tests.resuming import (
    EVERY_EPOCH,
    EVERY_STEP,
    Copied,
    require_same_end,
    run_with_copies,
)
from unfreeze.errors import DataError, PlanError, UnfreezeError, WeightsError
from unfreeze.runs.resuming import resume_run
from unfreeze.runs.settings import RunSettings


def quiet(line: str) -> None:
    del line


@pytest.fixture(scope="module")
def copied(
    photos: Path, settings: RunSettings, tmp_path_factory: pytest.TempPathFactory
) -> Copied:
    """The shortest recipe, its state kept after every epoch."""
    short = dataclasses.replace(settings, epochs=3)
    folder = tmp_path_factory.mktemp("copied")
    return run_with_copies(photos, folder, short, EVERY_EPOCH)


def resumed(moment: Path, tmp_path: Path, **words: object) -> Path:
    """Go on from a copy, in another place."""
    run = Path(shutil.copytree(moment, tmp_path / "resumed"))
    resume_run(run, write=quiet, has_bar=False, **words)  # type: ignore[arg-type]
    return run


# --- the same end ------------------------------------------------------------------


def test_the_end_of_the_search_and_of_each_epoch_is_kept(copied: Copied) -> None:
    assert len(copied.moments) == 2 * (1 + 3)


@pytest.mark.parametrize("number", [0, 3, 4, 7])
def test_a_killed_run_ends_as_if_nobody_had_killed_it(
    copied: Copied, tmp_path: Path, number: int
) -> None:
    """Before its first state; after an epoch, before the next; after all of them."""
    require_same_end(resumed(copied.moments[number], tmp_path), copied.finished)
