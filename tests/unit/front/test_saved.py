"""Mirrors src/unfreeze/front/saved.py."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from unfreeze.errors import PlanError, WeightsError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.saved import (
    CycleFiles,
    cycle_name,
    cycles_in,
    existing_file,
    file_of,
)


def test_a_name_stands_for_a_file_of_ours_before_those_of_the_lesson(
    tmp_path: Path,
) -> None:
    assert existing_file([tmp_path], "x") == tmp_path / "x.safetensors"
    for suffix in (".pth", ".h5", ".safetensors"):
        (tmp_path / f"x{suffix}").touch()
        assert existing_file([tmp_path], "x").suffix == suffix


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/../../x", "/x", "a/", "a/.", "a\0b"]
)
def test_a_name_that_is_empty_or_leads_out_is_refused(
    learn: ConvLearner, name: str
) -> None:
    for use in (learn.save, learn.load, learn.ensemble):
        with pytest.raises(PlanError, match="is no name for a model"):
            use(name)
    with pytest.raises(PlanError, match="is no name for a model"):
        learn.fit(1e-3, 1, best_save_name=name)
    with pytest.raises(PlanError, match="is no name for a model"):
        learn.fit(1e-3, 1, cycle_len=1, cycle_save_name=name)

    assert not learn.models_path.exists()


def test_a_name_may_have_folders_below_that_of_models(tmp_path: Path) -> None:
    assert file_of(tmp_path, "a/b..c") == tmp_path / "a/b..c.safetensors"


def save(learn: ConvLearner, cycle: int, fit: str | None) -> None:
    learn.settings["fits"] = [{"id": "of before"}, {} if fit is None else {"id": fit}]
    learn.save(cycle_name("x", cycle))


@pytest.mark.parametrize(
    ("fits", "latest", "earlier"),
    [
        ([], [], []),
        (["a", "a"], [0, 1], []),
        (["b", "b", "a"], [0, 1], [2]),
        (["b", "a", None], [0], [1, 2]),
        ([None, None], [0, 1], []),  # as files of before have it
    ],
)
def test_cycles_of_different_fits_are_told_apart(
    learn: ConvLearner,
    fits: list[str | None],
    latest: list[int],
    earlier: list[int],
) -> None:
    for cycle, fit in enumerate(fits):
        save(learn, cycle, fit)

    assert cycles_in(learn.models_path, "x") == CycleFiles(latest, earlier)


def test_cycles_are_found_by_number_also_where_others_wrote_them(
    tmp_path: Path,
) -> None:
    for name in ("x_cyc_0", "x_cyc_10", "x_cyc_2", "x_cyc_best", "xx_cyc_1"):
        save_file({"a": torch.zeros(1)}, tmp_path / f"{name}.safetensors")

    assert cycles_in(tmp_path, "x") == CycleFiles([0, 2, 10], [])


def test_a_damaged_cycle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x_cyc_0.safetensors").write_bytes(b"torn")

    with pytest.raises(WeightsError, match="x_cyc_0"):
        cycles_in(tmp_path, "x")
