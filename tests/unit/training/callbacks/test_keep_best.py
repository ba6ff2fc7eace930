"""Mirrors src/unfreeze/training/callbacks/keep_best.py."""

import math
from collections.abc import Callable

import pytest

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
    callback = KeepBest(lambda: saved.append(now), BestScore(), deciding)

    for now, (loss, score) in enumerate(epochs):
        row = make_row(now, valid_loss=loss, metrics={"score": score})
        assert not callback.on_epoch_end(make_view(row))

    assert saved == kept


def test_a_shared_score_outlives_its_fit(
    make_view: Callable[..., RunView], make_row: Callable[..., EpochRow]
) -> None:
    best, saved = BestScore(), []
    for fit, loss in enumerate((0.5, 0.75, 0.25)):
        callback = KeepBest(lambda fit=fit: saved.append(fit), best, None)
        callback.on_epoch_end(make_view(make_row(valid_loss=loss)))

    assert saved == [0, 2]
