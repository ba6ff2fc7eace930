"""Mirrors src/unfreeze/training/callbacks/progress.py."""

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.progress import ShowProgress
from unfreeze.training.history import EpochRow


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def _shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_running_epoch_is_shown_with_its_loss(
    screen: Console,
    make_view: Callable[..., RunView],
    make_row: Callable[..., EpochRow],
) -> None:
    callback = ShowProgress(screen)
    callback.on_train_begin(make_view())
    for step in (1, 2):
        assert not callback.on_batch_end(make_view(steps=step, steps_per_epoch=10))
    view = make_view(make_row(), steps=11, steps_per_epoch=10)
    callback.on_batch_end(view)
    callback.on_train_end(view)

    assert "epoch 2/3" in _shown(screen)
    assert "loss 1.0000" in _shown(screen)
    assert "1/10" in _shown(screen)


def test_losses_are_fetched_every_ten_steps_only(
    screen: Console, make_view: Callable[..., RunView]
) -> None:
    """A fetched loss is no longer pending on the device."""
    callback = ShowProgress(screen)
    callback.on_train_begin(make_view())
    fetched = []
    for steps in range(1, 25):
        view = make_view(steps=steps, steps_per_epoch=30)
        callback.on_batch_end(view)
        if not view.history._pending:
            fetched.append(steps)
    callback.on_train_end(make_view())

    assert fetched == [1, 11, 21]


def test_an_end_without_a_beginning_is_harmless(
    screen: Console, make_view: Callable[..., RunView]
) -> None:
    callback = ShowProgress(screen)

    callback.on_batch_end(make_view(steps=1))
    callback.on_train_end(make_view())

    assert _shown(screen) == ""
