"""The notes on ``fit``: rates, cycles, epochs, batches (S21 to S31, S62 to S65)."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from typing_extensions import override

from unfreeze import (
    Callback,
    Classifier,
    ConvLearner,
    ImageClassifierData,
    LayerOptimizer,
    PlanError,
    accuracy,
    tfms_from_stats,
)
from unfreeze.training.callbacks.base import RunView

RATES = [1e-4, 1e-3, 1e-2]
BATCHES = 5
"""Batches of an epoch of the drawn photos."""


def _restarts(lrs: list[float], peak: float) -> list[float]:
    """Epochs after which the rate is at its peak again."""
    return [i / BATCHES for i, lr in enumerate(lrs) if i and lr == pytest.approx(peak)]


def test_s21_fit_builds_a_layer_optimizer_and_delegates(
    make_learner: Callable[..., ConvLearner],
    snapshot: Callable[[nn.Module], dict[str, torch.Tensor]],
    same: Callable[[nn.Module, dict[str, torch.Tensor]], bool],
) -> None:
    short, long = make_learner(precompute=True), make_learner(precompute=True)
    mine = LayerOptimizer(long.opt_fn, long.get_layer_groups(), 1e-2)

    short.fit(1e-2, 2, cycle_len=1)
    long.fit_gen(long.model, long.data, mine, 2, cycle_len=1)

    assert same(long.model, snapshot(short.model))
    assert len(mine.opt.param_groups) == len(long.get_layer_groups()) == 3


def test_s22_rates_go_to_segments_smaller_near_the_photo(learn: ConvLearner) -> None:
    learn.unfreeze()
    groups = learn.get_layer_opt(RATES, None).opt.param_groups
    assert [group["lr"] for group in groups] == RATES
    first = next(learn.model.backbone.parameters())
    assert any(first is parameter for parameter in groups[0]["params"])

    learn.fit(RATES, 1, cycle_len=1)

    early, late, head = (
        np.asarray(line.get_ydata()) for line in learn.sched.plot_lr().axes[0].lines
    )
    assert late / early == pytest.approx(10)
    assert head / late == pytest.approx(10)


def test_s23_fit_outputs_epoch_losses_accuracy_and_time(
    quick: ConvLearner, capsys: pytest.CaptureFixture[str]
) -> None:
    row = quick.fit(1e-2, 1)

    header, figures = (
        line.split() for line in capsys.readouterr().out.splitlines()[-2:]
    )
    assert header == ["epoch", "trn_loss", "val_loss", "accuracy", "time"]
    names = [field.name for field in dataclasses.fields(row)][:5]
    assert names == ["epoch", "train_loss", "valid_loss", "metrics", "seconds"]
    told = [float(figure) for figure in figures[:4]]
    kept = [row.epoch, row.train_loss, row.valid_loss, row.metrics["accuracy"]]
    assert told == pytest.approx(kept, abs=1e-6)


@pytest.mark.parametrize(
    "lrs", [1e-2, [1e-2], (1e-2,), np.array([1e-2]), np.full(3, 1e-2)]
)
def test_s24_rates_are_a_number_or_one_per_group(
    quick: ConvLearner, lrs: float | list[float] | tuple[float] | np.ndarray
) -> None:
    quick.fit(lrs, 1)

    assert quick.sched.lrs == [1e-2] * BATCHES


def test_s24_a_wrong_number_of_rates_names_the_groups(quick: ConvLearner) -> None:
    with pytest.raises(PlanError, match=r"Got 2 learning rates .* for 3 layer groups"):
        quick.fit([1e-3, 1e-2], 1)


def test_s25_without_cycle_len_cycles_are_epochs_at_one_rate(
    quick: ConvLearner,
) -> None:
    quick.fit(1e-2, 3)

    assert quick.sched.epochs == [0, 1, 2]
    assert set(quick.sched.lrs) == {1e-2}


@pytest.mark.parametrize(
    ("wds", "expected"), [(1e-4, [1e-4] * 3), ([0, 1e-5, 1e-3], [0, 1e-5, 1e-3])]
)
def test_s26_weight_decay_reaches_the_optimizer(
    learn: ConvLearner, wds: float | list[float], expected: list[float]
) -> None:
    groups = learn.get_layer_opt(RATES, wds).opt.param_groups

    assert [group["weight_decay"] for group in groups] == expected


def test_s26_a_wrong_number_of_decays_names_the_groups(learn: ConvLearner) -> None:
    with pytest.raises(PlanError, match=r"2 weight decays .* for 3 layer groups"):
        learn.fit(1e-2, 1, wds=[0.1, 0.2])


def test_s27_the_rate_is_reset_every_cycle(quick: ConvLearner) -> None:
    quick.fit(1e-2, 3, cycle_len=1)

    lrs = quick.sched.lrs
    assert [lrs[5], lrs[10]] == [1e-2, 1e-2]
    for begin in (1, 5, 10):  # the first batch of all warms up
        cycle = lrs[begin : (begin // 5 + 1) * 5]
        assert cycle == sorted(cycle, reverse=True)
        assert cycle[-1] < cycle[0] / 5


def test_s28_three_cycles_of_two_epochs_are_six(quick: ConvLearner) -> None:
    quick.fit(1e-2, 3, cycle_len=2)

    assert len(quick.sched.epochs) == 6
    assert _restarts(quick.sched.lrs, 1e-2) == [2, 4]


def test_s29_cycles_that_double_are_seven_epochs(quick: ConvLearner) -> None:
    quick.fit(1e-2, 3, cycle_len=1, cycle_mult=2)

    assert len(quick.sched.epochs) == 7
    assert _restarts(quick.sched.lrs, 1e-2) == [1, 3]


def test_s29_a_fractional_multiple_ends_too(quick: ConvLearner) -> None:
    quick.fit(1e-2, 3, cycle_len=1, cycle_mult=1.5)

    assert len(quick.sched.epochs) == 5


class _Watch(Callback):
    """Keeps the head as it was after the last step of each cycle."""

    def __init__(self) -> None:
        self.heads: list[dict[str, torch.Tensor]] = []
        self._last: dict[str, torch.Tensor] = {}

    @override
    def on_batch_end(self, run: RunView) -> None:
        head = run.model.head.state_dict()
        self._last = {name: each.clone() for name, each in head.items()}

    @override
    def on_cycle_end(self, run: RunView, cycle: int) -> None:
        self.heads.append(self._last)


def test_s30_weights_are_saved_after_each_cycles_last_step(
    quick: ConvLearner, same: Callable[[nn.Module, dict[str, torch.Tensor]], bool]
) -> None:
    watch = _Watch()

    quick.fit(
        1e-2, 3, cycle_len=1, cycle_mult=2, cycle_save_name="x", callbacks=[watch]
    )

    files = sorted(path.name for path in quick.models_path.glob("x*"))
    assert files == [f"x_cyc_{cycle}.safetensors" for cycle in range(3)]
    for cycle, head in enumerate(watch.heads):
        quick.load_cycle("x", cycle)
        assert same(quick.model.head, head)


def test_s31_cycles_are_averaged_in_one_call(
    quick: ConvLearner, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.fit(1e-3, 3, cycle_len=1, cycle_save_name="x")
    single = []
    for cycle in range(3):
        quick.load_cycle("x", cycle)
        single.append(np.exp(quick.predict()))

    together = quick.ensemble("x")

    np.testing.assert_allclose(together.probs, np.mean(single, axis=0), atol=1e-6)
    score = accuracy(together.log_probs, quick.data.val_y)
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown == f"3 cycles averaged: accuracy {score:.6f}"


def test_s62_parameters_are_learned_and_counted(quick: ConvLearner) -> None:
    before = [each.detach().clone() for each in quick.model.head.parameters()]
    rows = quick.summary().values()
    learning = sum(row["nb_params"] for row in rows if row["trainable"])
    frozen = sum(row["nb_params"] for row in rows if not row["trainable"])
    assert learning == sum(each.numel() for each in quick.model.head.parameters())
    assert frozen == sum(each.numel() for each in quick.model.backbone.parameters())

    quick.fit(1e-2, 1)

    after = quick.model.head.parameters()
    assert not any(torch.equal(a, b) for a, b in zip(after, before, strict=True))


def test_s63_hyperparameters_are_recorded_and_read_back(
    make_learner: Callable[..., ConvLearner],
) -> None:
    learner = make_learner(precompute=True, ps=0.25, seed=7)
    learner.fit(1e-2, 2, wds=1e-4, cycle_len=1)

    header = Classifier.load(learner.save("x"), num_workers=0).header

    assert (header.arch, header.image.size, header.head.ps) == (
        "unfreeze_nano", 32, (0.25, 0.25),
    )  # fmt: skip
    assert (header.settings["bs"], header.settings["seed"]) == (8, 7)
    (fit,) = header.settings["fits"]
    assert fit["lrs"] == [1e-2] * 3
    assert fit["wds"] == [1e-4] * 3
    assert fit["epochs_of_cycles"] == [1, 1]


def test_s64_each_batch_is_one_step_of_the_optimizer(
    make_learner: Callable[..., ConvLearner],
) -> None:
    class Counting(torch.optim.SGD):
        steps = 0

        def step(self, closure: None = None) -> None:
            Counting.steps += 1
            super().step(closure)

    learner = make_learner(opt_fn=Counting, precompute=True)

    learner.fit(1e-2, 2)

    assert Counting.steps == 2 * len(learner.data.trn_dl) == 2 * BATCHES


def test_s65_an_epoch_sees_each_photo_once(
    quick: ConvLearner, tmp_path: Path, arrays: Callable[..., Any]
) -> None:
    _, labels = arrays(30, 3)
    greys = np.arange(30, dtype=np.uint8) * 8
    images = np.broadcast_to(greys[:, None, None, None], (30, 16, 16, 3)).copy()
    photos = ImageClassifierData.from_arrays(
        tmp_path, (images, labels), (images, labels), bs=7,
        tfms=tfms_from_stats(None, 16), num_workers=0,
    )  # fmt: skip

    seen = torch.cat([batch[:, 0, 0, 0] for batch, _ in photos.trn_dl])

    assert sorted(seen.mul(255 / 8).round().tolist()) == list(range(30))
    assert seen.tolist() != sorted(seen.tolist())
    assert quick.fit(1e-2, 1).num_images == 36
