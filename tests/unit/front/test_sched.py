"""Mirrors src/unfreeze/front/sched.py."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.training.callbacks.base import Callback, RunView


@pytest.fixture
def fitted(quick: ConvLearner) -> ConvLearner:
    """After one epoch of 5 batches."""
    quick.fit([1e-4, 1e-3, 1e-2], 1, cycle_len=1)
    return quick


def test_it_holds_a_number_per_batch_and_per_epoch(fitted: ConvLearner) -> None:
    sched = fitted.sched

    assert len(sched.losses) == len(sched.lrs) == len(sched.iterations) == 5
    assert sched.iterations == [0, 1, 2, 3, 4]
    assert sched.epochs == [0]
    assert len(sched.val_losses) == len(sched.times) == 1
    assert sched.rec_metrics == [[pytest.approx(sched.rec_metrics[0][0])]]


def test_losses_are_a_running_mean_without_bias(fitted: ConvLearner) -> None:
    """0.98 of the old and 0.02 of the new, divided by 1 - 0.98 ** steps."""
    raw = [row.loss for row in fitted.sched._history.steps]

    mean, expected = 0.0, []
    for step, loss in enumerate(raw, start=1):
        mean = 0.98 * mean + 0.02 * loss
        expected.append(mean / (1 - 0.98**step))
    assert fitted.sched.losses == pytest.approx(expected)


@pytest.mark.parametrize("name", ["plot_lr", "plot_loss"])
def test_five_batches_are_enough_for_a_picture(fitted: ConvLearner, name: str) -> None:
    figure = getattr(fitted.sched, name)()

    assert isinstance(figure, Figure)
    lines = [line for axes in figure.axes for line in axes.get_lines()]
    assert max(len(np.atleast_1d(line.get_xdata())) for line in lines) == 5


def test_a_validation_is_drawn_where_its_epoch_ended(
    learn: ConvLearner,
) -> None:
    """Also where the fit was stopped in the middle of the next epoch."""

    class Interrupt(Callback):
        @override
        def on_batch_end(self, run: RunView) -> None:
            if len(run.history) == 7:
                raise KeyboardInterrupt

    learn.precompute = True
    with pytest.raises(KeyboardInterrupt):
        learn.fit(1e-2, 3, callbacks=[Interrupt()])

    (axes,) = learn.sched.plot_loss().axes
    points = [np.asarray(line.get_xydata()) for line in axes.get_lines()]
    assert any(np.allclose(each, [[5, learn.sched.val_losses[0]]]) for each in points)


def test_rates_are_drawn_for_every_layer_group(fitted: ConvLearner) -> None:
    (axes, *_) = fitted.sched.plot_lr().axes

    peaks = sorted(float(np.max(line.get_ydata())) for line in axes.get_lines())
    assert peaks[-1] / peaks[0] == pytest.approx(100)


def test_momentum_gets_a_picture_of_its_own(quick: ConvLearner) -> None:
    quick.fit(1e-2, 1, cycle_len=1, use_clr_beta=(10, 10, 0.95, 0.85))

    assert len(quick.sched.plot_lr().axes) == 2


def test_a_short_search_is_never_drawn_empty(quick: ConvLearner) -> None:
    quick.lr_find(num_it=5)

    (axes,) = quick.sched.plot(n_skip=10, n_skip_end=5).axes

    drawn = [line.get_xdata() for line in axes.get_lines()]
    assert max(len(np.atleast_1d(x)) for x in drawn) == 5
    assert axes.get_xscale() == "log"


def test_a_long_search_can_be_trimmed(quick: ConvLearner) -> None:
    quick.lr_find(end_lr=1e-2, num_it=100)
    rates = quick.sched.lrs

    (axes,) = quick.sched.plot(n_skip=7, n_skip_end=3).axes

    drawn = np.concatenate([np.atleast_1d(x.get_xdata()) for x in axes.get_lines()])
    assert len(rates) == 100
    assert drawn.min() == pytest.approx(rates[7])
    assert rates[-4] in drawn


def test_a_fit_has_no_curve_of_rates(fitted: ConvLearner) -> None:
    with pytest.raises(PlanError, match=r"plot_loss\(\)"):
        fitted.sched.plot()
