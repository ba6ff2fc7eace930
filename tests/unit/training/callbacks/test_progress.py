"""Mirrors src/unfreeze/training/callbacks/progress.py."""

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.progress import Bar, ShowProgress
from unfreeze.training.history import EpochRow


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def _shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_bar_shows_how_far_it_is(screen: Console) -> None:
    with Bar("storing", screen) as bar:
        bar.show(3, 7, "a note")
        bar.stop()

    assert "storing" in _shown(screen)
    assert "3/7" in _shown(screen)
    assert "a note" in _shown(screen)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_is_drawn_where_nobody_watches_or_wants_it(is_terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=is_terminal)

    with Bar("storing", console, is_wanted=not is_terminal) as bar:
        bar.show(3, 7)

    assert _shown(console) == ""


def test_standard_output_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("storing") as bar:
        bar.show(3, 7)

    assert capsys.readouterr().out == ""


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
