"""Mirrors src/unfreeze/training/callbacks/save_cycles.py."""

from collections.abc import Callable

from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.save_cycles import SaveCycles


def test_each_cycle_is_saved_under_its_number(
    make_view: Callable[..., RunView],
) -> None:
    saved: list[int] = []
    callback = SaveCycles(saved.append)

    for cycle in range(3):
        assert not callback.on_cycle_end(make_view(), cycle)

    assert saved == [0, 1, 2]
