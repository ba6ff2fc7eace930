"""Mirrors src/unfreeze/training/callbacks/stop_at_deadline.py."""

from collections.abc import Callable

import pytest

from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.stop_at_deadline import StopAtDeadline
from unfreeze.training.history import EpochRow

MakeView = Callable[..., RunView]


@pytest.mark.parametrize(("left", "stops"), [(5.1, False), (5.0, False), (4.9, True)])
def test_a_fit_ends_while_there_is_time_for_its_last_look(
    make_view: MakeView, left: float, stops: bool
) -> None:
    callback = StopAtDeadline(lambda: left, 5.0, lambda run: None)

    assert bool(callback.on_batch_end(make_view(steps=1))) is stops


def test_no_epoch_begins_behind_the_deadline(
    make_view: MakeView, make_row: Callable[..., EpochRow]
) -> None:
    left = iter([10.0, -1.0])
    callback = StopAtDeadline(lambda: next(left), 0.0, lambda run: None)

    assert not callback.on_epoch_end(make_view(make_row(0), steps=2))
    assert callback.on_epoch_end(make_view(make_row(0), make_row(1), steps=4))


def test_it_says_so_once(make_view: MakeView) -> None:
    seen: list[RunView] = []
    callback = StopAtDeadline(lambda: -1.0, 0.0, seen.append)
    view = make_view(steps=1)

    assert callback.on_batch_end(view)
    assert callback.on_epoch_end(view)

    assert seen == [view]


def test_a_fit_that_is_complete_is_not_cut_short(
    make_view: MakeView, make_row: Callable[..., EpochRow]
) -> None:
    """Three epochs of two steps, and the time is up with the last of them."""
    seen: list[RunView] = []
    callback = StopAtDeadline(lambda: -1.0, 0.0, seen.append)

    assert not callback.on_batch_end(make_view(steps=6))
    rows = [make_row(epoch) for epoch in range(3)]
    assert not callback.on_epoch_end(make_view(*rows, steps=6))
    assert seen == []
