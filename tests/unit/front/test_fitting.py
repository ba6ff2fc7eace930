"""Mirrors src/unfreeze/front/fitting.py."""

from pathlib import Path

import pytest
import torch
from torch import nn

from unfreeze.errors import PlanError
from unfreeze.front.fitting import Decay, Output, Saving
from unfreeze.numerics.metrics import accuracy, as_metric
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.callbacks.keep_best import BestScore, KeepBest
from unfreeze.training.callbacks.log_lines import LogLines
from unfreeze.training.callbacks.print_table import PrintTable
from unfreeze.training.callbacks.progress import ShowProgress
from unfreeze.training.callbacks.save_cycles import SaveCycles
from unfreeze.training.callbacks.schedule_decay import ScheduleDecay
from unfreeze.training.history import HistoryFile


@pytest.fixture
def optimizer() -> LayerOptimizer:
    layer = nn.Module()
    layer.weight = nn.Parameter(torch.zeros(1))
    return LayerOptimizer(sgd, [layer], 0.1, 0.01)


def kinds(found: object) -> list[type]:
    return [type(each) for each in found]  # type: ignore[attr-defined]


def test_a_fit_shows_a_table_a_bar_and_history_as_asked(tmp_path: Path) -> None:
    history = HistoryFile(tmp_path / "history.jsonl")
    history.close()

    assert kinds(Output().callbacks("fit 0")) == [PrintTable, ShowProgress]
    assert kinds(Output(has_bar=False, history=history).callbacks("fit 0")) == [
        PrintTable,
        LogLines,
    ]


def test_decay_is_left_to_the_optimizer_unless_asked_for(
    optimizer: LayerOptimizer,
) -> None:
    plain = Decay(is_scheduled=False, is_normalised=False, multiplier=None)
    scheduled = Decay(is_scheduled=True, is_normalised=True, multiplier=None)

    assert kinds(plain.callbacks(optimizer)) == []
    assert kinds(scheduled.callbacks(optimizer)) == [ScheduleDecay]


def test_shaping_a_decay_that_is_off_is_refused(optimizer: LayerOptimizer) -> None:
    decay = Decay(is_scheduled=False, is_normalised=True, multiplier=None)

    with pytest.raises(PlanError, match="use_wd_sched=True, which is off"):
        list(decay.callbacks(optimizer))


def test_what_is_saved_is_what_was_named() -> None:
    saved: list[str] = []

    def save(name: str) -> Path:
        saved.append(name)
        return Path(name)

    both = Saving(cycle_name="snap", best_name="best", has_cycles=True)
    neither = Saving(cycle_name=None, best_name=None, has_cycles=False)
    metrics = [as_metric(accuracy)]

    assert kinds(neither.callbacks(save, BestScore(), metrics)) == []
    assert kinds(both.callbacks(save, BestScore(), metrics)) == [SaveCycles, KeepBest]


def test_cycles_are_saved_only_where_there_are_cycles() -> None:
    saving = Saving(cycle_name="snap", best_name=None, has_cycles=False)

    with pytest.raises(PlanError, match="pass cycle_len"):
        list(saving.callbacks(Path, BestScore(), []))
