"""The notes on the learning rate, its finder, and its plots (S7 to S15)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from unfreeze import (
    ConvLearner,
    DivergedError,
    ImageClassifierData,
    PlanError,
    tfms_from_model,
    unfreeze_nano,
)


def test_s07_one_step_moves_weights_in_proportion_to_the_rate(
    data: ImageClassifierData,
    make_learner: Callable[..., ConvLearner],
    make_data: Callable[..., ImageClassifierData],
    plain_head: dict[str, Any],
) -> None:
    whole = make_data(data.path, bs=36)  # one batch an epoch
    moved = {}
    for lr in (1e-3, 1e-2):
        learner = make_learner(whole, **plain_head)
        before = learner.model.head[-1].weight.detach().clone()
        learner.fit(lr, 1)
        moved[lr] = (learner.model.head[-1].weight.detach() - before).double()

    torch.testing.assert_close(moved[1e-2], 10 * moved[1e-3], rtol=1e-3, atol=2e-6)


@pytest.fixture
def toy_task(
    make_learner: Callable[..., ConvLearner],
    plain_head: dict[str, Any],
    arrays: Callable[..., tuple[np.ndarray, np.ndarray]],
    tmp_path: Path,
) -> Callable[[], ConvLearner]:
    """One linear layer and labels that contradict each other in one case of four."""
    images, labels = arrays(24, 3)
    twice = np.concatenate([images, images])
    contradicting = np.concatenate([labels, (labels + np.arange(24) % 2) % 3])
    task = ImageClassifierData.from_arrays(
        tmp_path, (twice, contradicting), (twice, contradicting), bs=24, num_workers=0
    )
    return lambda: make_learner(task, **plain_head)


def test_s08_a_rate_too_small_takes_long(toy_task: Callable[[], ConvLearner]) -> None:
    reached = {}
    for lr in (1e-5, 1e-2):
        learner = toy_task()
        learner.fit(lr, 20)
        reached[lr] = learner.sched.losses[-1]

    assert reached[1e-5] > reached[1e-2] + 0.1


def test_s09_a_rate_too_big_oscillates_away_and_says_so(
    toy_task: Callable[[], ConvLearner],
    snapshot: Callable[[nn.Module], dict[str, torch.Tensor]],
    same: Callable[[nn.Module, dict[str, torch.Tensor]], bool],
) -> None:
    learner = toy_task()
    learner.fit(1e-2, 1)
    good = snapshot(learner.model)

    with pytest.raises(DivergedError, match="Try rates 10 times lower"):
        learner.fit(1e6, 20)

    assert same(learner.model, good)
    with pytest.raises(DivergedError, match=r"at learning rates \[10\.0"):
        toy_task().fit(10, 20)


def test_s10_the_finder_raises_the_rate_after_each_batch(quick: ConvLearner) -> None:
    quick.lr_find(start_lr=1e-5, end_lr=10, num_it=40)

    ratios = np.diff(np.log(quick.sched.lrs))
    assert quick.sched.lrs[0] == pytest.approx(1e-5)
    assert len(ratios) >= 20
    assert ratios == pytest.approx(np.log(1e6) / 39)


def test_s11_the_suggestion_is_near_the_best_of_a_grid(
    make_learner: Callable[..., ConvLearner], tmp_path: Path
) -> None:
    digits, labels = load_digits(return_X_y=True)
    images = np.rint(digits.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    photos = ImageClassifierData.from_arrays(
        tmp_path, (images[:480], labels[:480]), (images[480:640], labels[480:640]),
        bs=32, tfms=tfms_from_model(unfreeze_nano, 32), num_workers=0,
    )  # fmt: skip
    grid = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    losses = [
        make_learner(photos, precompute=True).fit(lr, 1, cycle_len=1).valid_loss
        for lr in grid
    ]

    found = make_learner(photos, precompute=True).lr_find()

    assert found.rate is not None
    assert abs(np.log10(found.rate / grid[int(np.argmin(losses))])) <= 1


def test_s11_the_documents_cite_the_paper(repository: Path) -> None:
    assert "1506.01186" in (repository / "docs/quickstart.md").read_text()


def test_s12_a_search_leaves_no_trace(
    learn: ConvLearner,
    snapshot: Callable[[nn.Module], dict[str, torch.Tensor]],
    same: Callable[[nn.Module, dict[str, torch.Tensor]], bool],
) -> None:
    """Five batches an epoch; the fixture for leftovers watches the random state."""
    learn.unfreeze()
    mine = learn.get_layer_opt(1e-2, None)
    before, of_optimizer = snapshot(learn.model), str(mine.opt.state_dict())

    learn.lr_find(num_it=7)

    assert same(learn.model, before)
    assert str(mine.opt.state_dict()) == of_optimizer


def test_s12_a_search_that_is_interrupted_leaves_no_trace(
    learn: ConvLearner,
    snapshot: Callable[[nn.Module], dict[str, torch.Tensor]],
    same: Callable[[nn.Module, dict[str, torch.Tensor]], bool],
) -> None:
    class Interrupted(torch.optim.SGD):
        steps = 0

        def step(self, closure: None = None) -> None:
            super().step(closure)
            Interrupted.steps += 1
            if Interrupted.steps == 3:
                raise KeyboardInterrupt

    learn.opt_fn = Interrupted
    learn.unfreeze()
    before = snapshot(learn.model)

    with pytest.raises(KeyboardInterrupt):
        learn.lr_find(num_it=7)

    assert Interrupted.steps == 3
    assert same(learn.model, before)


def test_s13_sched_holds_what_the_last_run_recorded(quick: ConvLearner) -> None:
    with pytest.raises(PlanError, match=r"Call learn\.lr_find\(\) or learn\.fit\(\)"):
        _ = quick.sched

    quick.lr_find(num_it=6)
    searched = quick.sched
    quick.fit(1e-2, 2)

    for sched in (searched, quick.sched):
        assert len(sched.lrs) == len(sched.losses) == len(sched.iterations)
    assert quick.sched.iterations == list(range(10))
    assert quick.sched.lrs == [1e-2] * 10


def test_s14_plot_lr_shows_every_group_at_every_batch(learn: ConvLearner) -> None:
    learn.unfreeze()
    learn.fit([1e-4, 1e-3, 1e-2], 1, cycle_len=1)

    (axes,) = learn.sched.plot_lr().axes

    assert [len(line.get_xdata()) for line in axes.lines] == [5, 5, 5]
    assert list(axes.lines[-1].get_ydata()) == learn.sched.lrs


def test_s15_plot_shows_a_search_of_five_batches(quick: ConvLearner) -> None:
    quick.lr_find(num_it=5)

    (axes,) = quick.sched.plot(n_skip=10, n_skip_end=5).axes

    assert max(len(line.get_xdata()) for line in axes.lines) >= 4
    assert axes.get_xscale() == "log"
    assert "training loss" in axes.get_ylabel()
