"""Mirrors src/unfreeze/training/callbacks/base.py."""

from collections.abc import Callable

import pytest

from unfreeze.training.callbacks.base import Callback, RunView, Verdict
from unfreeze.training.history import EpochRow


def test_only_stop_is_true() -> None:
    assert Verdict.STOP
    assert not Verdict.GO


def test_empty_hooks_change_nothing_and_stop_nothing(
    make_view: Callable[..., RunView],
) -> None:
    run, callback = make_view(), Callback()

    answers = [
        callback.on_train_begin(run),
        callback.on_batch_begin(run),
        callback.on_batch_end(run),
        callback.on_epoch_end(run),
        callback.on_cycle_end(run, 0),
        callback.on_train_end(run),
    ]

    assert not any(answers)
    assert callback.extra_figures(run) == {}


def test_a_view_knows_where_the_run_is(
    make_view: Callable[..., RunView], make_row: Callable[..., EpochRow]
) -> None:
    run = make_view(make_row(0), make_row(1, valid_loss=0.125), steps=5)

    assert run.epoch == 2
    assert run.last.valid_loss == 0.125
    assert run.smooth_loss == pytest.approx(1.0)
