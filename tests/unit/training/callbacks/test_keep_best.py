"""Mirrors src/unfreeze/training/callbacks/keep_best.py."""

import math
import time
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unfreeze.numerics.metrics import Metric
from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.keep_best import BestScore, KeepBest
from unfreeze.training.history import EpochRow

_HIGHER = Metric("score", lambda preds, targs: 0.0)
_LOWER = Metric("score", lambda preds, targs: 0.0, higher_is_better=False)

_NAN = math.nan


@pytest.mark.parametrize(
    ("deciding", "epochs", "kept"),
    [
        # pairs of loss and score, and the numbers of the epochs that were the best
        (_HIGHER, [(1.0, 0.5), (2.0, 0.7), (0.5, 0.6)], [0, 1]),
        (_LOWER, [(1.0, 0.5), (2.0, 0.4), (0.5, 0.6)], [0, 1]),
        (None, [(1.0, 0.5), (2.0, 0.9), (0.5, 0.1)], [0, 2]),
        (_HIGHER, [(1.0, 0.5), (0.9, 0.5), (0.95, 0.5)], [0, 1]),
        (_LOWER, [(1.0, 0.5), (0.9, 0.5), (0.95, 0.5)], [0, 1]),
        (_HIGHER, [(1.0, 0.5), (1.0, 0.5)], [0]),
        (_HIGHER, [(_NAN, 0.9), (1.0, 0.5), (_NAN, 1.0)], [1]),
        (None, [(_NAN, 0.9), (1.0, 0.5), (math.inf, 0.5)], [1]),
        (_HIGHER, [(1.0, _NAN), (2.0, 0.1), (0.5, _NAN)], [1]),
        (_LOWER, [(1.0, _NAN), (2.0, 0.1), (0.5, _NAN)], [1]),
    ],
)
def test_the_best_epochs_are_kept(
    make_view: Callable[..., RunView],
    make_row: Callable[..., EpochRow],
    deciding: Metric | None,
    epochs: list[tuple[float, float]],
    kept: list[int],
) -> None:
    saved: list[int] = []
    now = 0
    callback = KeepBest(
        lambda epochs: saved.append(now), BestScore(), deciding, seconds_between=0
    )

    for now, (loss, score) in enumerate(epochs):
        row = make_row(now, valid_loss=loss, metrics={"score": score})
        assert not callback.on_epoch_end(make_view(row))

    assert saved == kept


_ERROR = Metric("error", lambda preds, targs: 0.0, higher_is_better=False)


@pytest.mark.parametrize(
    ("fits", "kept"),
    [
        # deciding metric, loss, and score under both names
        ([(None, 1.03, 0.4), (_HIGHER, 1.84, 0.5)], [0]),
        ([(None, 1.03, 0.4), (_HIGHER, 1.02, 0.3), (_HIGHER, 1.84, 0.5)], [0, 1, 2]),
        ([(_HIGHER, 1.0, 0.5), (_ERROR, 0.5, 0.0)], [0, 1]),
        ([(_HIGHER, 1.0, 0.5), (_ERROR, 1.5, 0.0)], [0]),
        ([(_HIGHER, 1.0, 0.5), (_LOWER, 0.9, 0.6), (_LOWER, 2.0, 0.1)], [0, 1, 2]),
        ([(_HIGHER, 1.0, 0.5), (_ERROR, 0.5, _NAN)], [0]),
    ],
)
def test_where_another_metric_decided_before_losses_are_compared(
    fits: list[tuple[Metric | None, float, float]], kept: list[int]
) -> None:
    best = BestScore()

    found = [
        number
        for number, (deciding, loss, score) in enumerate(fits)
        if best.take(loss, {"score": score, "error": score}, deciding)
    ]

    assert found == kept


def test_a_shared_score_outlives_its_fit(
    make_view: Callable[..., RunView], make_row: Callable[..., EpochRow]
) -> None:
    best, saved = BestScore(), []
    for fit, loss in enumerate((0.5, 0.75, 0.25)):
        callback = KeepBest(
            lambda epochs, fit=fit: saved.append(fit), best, None, seconds_between=0
        )
        callback.on_epoch_end(make_view(make_row(valid_loss=loss)))

    assert saved == [0, 2]


def _bias(view: RunView) -> Tensor:
    return next(view.model.head.parameters())


def _played(
    callback: KeepBest,
    losses: list[float],
    views: Callable[..., RunView],
    rows: Callable[..., EpochRow],
) -> RunView:
    """Let epoch ``i`` end with weights that are all ``i``."""
    past: list[EpochRow] = []
    for number, loss in enumerate(losses):
        view = views(rows(number, valid_loss=loss))
        view.history.epochs[:0] = past
        past.append(view.last)
        with torch.no_grad():
            _bias(view).fill_(number)
        callback.on_epoch_end(view)
    return view


def test_epochs_that_follow_closely_leave_the_best_of_them_at_the_end(
    make_view: Callable[..., RunView], make_row: Callable[..., EpochRow]
) -> None:
    saved: list[float] = []
    epochs_of_saved: list[int] = []

    def save(epochs: int) -> None:
        saved.append(_bias(view).mean().item())
        epochs_of_saved.append(epochs)

    callback = KeepBest(save, BestScore(), None)

    view = _played(callback, [0.9, 0.5, 0.7, 0.3, 0.4], make_view, make_row)
    assert saved == []
    view.model.eval()
    callback.on_train_end(view)

    assert saved == [3.0]
    assert epochs_of_saved == [4]
    assert (_bias(view) == 4).all()
    callback.on_train_end(view)
    assert saved == [3.0]


def test_what_waits_is_saved_once_the_time_has_come(
    make_view: Callable[..., RunView],
    make_row: Callable[..., EpochRow],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, saved = [0.0], []

    def save(epochs: int) -> None:
        saved.append((now[0], _bias(view).mean().item()))

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    callback = KeepBest(save, BestScore(), None, seconds_between=10)
    for number, (now[0], loss) in enumerate(
        [(4.0, 0.9), (8.0, 0.5), (12.0, 0.7), (16.0, 0.3), (23.0, 0.2), (40.0, 0.6)]
    ):
        view = make_view(make_row(number, valid_loss=loss))
        with torch.no_grad():
            _bias(view).fill_(number)
        callback.on_epoch_end(view)

    assert saved == [(12.0, 1.0), (23.0, 4.0)]


def test_a_best_that_waits_survives_ctrl_c_while_it_is_written(
    make_view: Callable[..., RunView], make_row: Callable[..., EpochRow]
) -> None:
    tries: list[int] = []

    def save(epochs: int) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise KeyboardInterrupt

    callback = KeepBest(save, BestScore(), None, seconds_between=1e9)
    view = make_view(make_row(valid_loss=0.5))
    callback.on_epoch_end(view)

    with pytest.raises(KeyboardInterrupt):
        callback.before_keeping(view)
    callback.on_train_end(view)

    assert tries == [0, 1]
