"""Mirrors src/unfreeze/training/callbacks/stop_on_overfitting.py."""

import math
from collections.abc import Callable

import pytest

from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.stop_on_overfitting import StopOnOverfitting
from unfreeze.training.history import EpochRow


@pytest.mark.parametrize(
    ("best_loss", "losses", "stopped_at"),
    [
        (math.inf, [1.0, 0.8, 0.6], None),  # healthy
        (math.inf, [1.0, 0.8, 0.9], 2),  # learns by heart
        (math.inf, [1.0, 1.019, 1.0], None),  # level, as far as chance goes
        (math.inf, [1.0, 1.021], 1),
        (math.inf, [1.0, 1.01, 1.03], 2),  # the best counts, not the last
        (0.5, [0.6], 0),  # worse than where the fit began
    ],
)
def test_a_cycle_above_the_best_ends_the_fit(
    make_view: Callable[..., RunView],
    make_row: Callable[..., EpochRow],
    best_loss: float,
    losses: list[float],
    stopped_at: int | None,
) -> None:
    callback = StopOnOverfitting(best_loss)

    verdicts = [
        bool(callback.on_cycle_end(make_view(make_row(valid_loss=loss)), cycle))
        for cycle, loss in enumerate(losses)
    ]

    assert callback.stopped_at == stopped_at
    assert verdicts == [cycle == stopped_at for cycle in range(len(losses))]
