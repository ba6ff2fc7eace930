"""Mirrors src/unfreeze/front/fitting.py."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from unfreeze.errors import PlanError
from unfreeze.front.fitting import (
    Averaging,
    CountEpochs,
    Decay,
    Output,
    Saving,
    words_of,
)
from unfreeze.numerics.metrics import accuracy, as_metric
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.callbacks.average_weights import AverageWeights
from unfreeze.training.callbacks.keep_best import BestScore, KeepBest
from unfreeze.training.callbacks.log_lines import LogLines
from unfreeze.training.callbacks.print_table import PrintTable
from unfreeze.training.callbacks.progress import ShowProgress
from unfreeze.training.callbacks.save_cycles import SaveCycles
from unfreeze.training.callbacks.schedule_decay import ScheduleDecay
from unfreeze.training.history import EpochRow, History, HistoryFile
from unfreeze.training.plan import FitPlan


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


def test_weights_are_averaged_from_an_epoch_of_the_fit_on() -> None:
    def callbacks(**words: object) -> list[type]:
        usual: dict[str, Any] = {"is_wanted": True, "start": 1, "measure_every": 5}
        averaging = Averaging(**usual | words)
        return kinds(averaging.callbacks(lambda model: pytest.fail("measured"), 3))

    assert callbacks(start=3) == [AverageWeights]
    assert callbacks(is_wanted=False, start=9) == []
    for wrong in ({"start": 0}, {"start": 4}):
        with pytest.raises(PlanError, match=r"swa_start is .* 1 to 3 in this fit"):
            callbacks(**wrong)
    with pytest.raises(PlanError, match="swa_eval_freq is the number of epochs"):
        callbacks(measure_every=0)


def test_a_record_tells_what_was_asked_of_a_fit(optimizer: LayerOptimizer) -> None:
    plan = FitPlan(cycles=2, cycle_len=1, cycle_mult=2)

    assert words_of(plan, optimizer, 3, 24) == {
        "lrs": [0.1],
        "wds": [0.01],
        "epochs_of_cycles": [1, 2],
        "has_cycles": True,
        "precompute": 3,
        "early_size": 24,
    }


def test_a_record_counts_epochs_of_an_earlier_process_too() -> None:
    record: dict[str, Any] = {}
    counting = CountEpochs(record)
    assert record == {"epochs_run": 0}

    history = History()
    view: Any = SimpleNamespace(history=history)
    row = EpochRow(0, 1.0, 1.0, {}, 1.0, 8)
    history.epochs.append(row)
    counting.on_epoch_again(view)
    history.epochs.append(row)
    counting.on_epoch_end(view)

    assert record == {"epochs_run": 2}
