"""Mirrors src/unfreeze/front/learner.py."""

import shutil
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from unfreeze.errors import DivergedError, PlanError, WeightsError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_model
from unfreeze.numerics.metrics import accuracy, f1
from unfreeze.training.callbacks.base import Callback, RunView
from unfreeze.training.runtime import AcceleratedRuntime

StateOf: TypeAlias = Callable[[nn.Module], dict[str, Tensor]]
MakeLearner: TypeAlias = Callable[..., ConvLearner]
MakeData: TypeAlias = Callable[..., ImageClassifierData]


def is_same(state: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(state[name], other[name]) for name in state | other)


class Interrupt(Callback):
    """Press Ctrl-C after the second step."""

    @override
    def on_batch_end(self, run: RunView) -> None:
        if len(run.history) == 2:
            raise KeyboardInterrupt


class Moves(Callback):
    """Keep the weights of the head at the end of every epoch."""

    def __init__(self) -> None:
        self.heads: list[Tensor] = []

    @override
    def on_epoch_end(self, run: RunView) -> None:
        weights = [each.detach().flatten() for each in run.model.head.parameters()]
        self.heads.append(torch.cat(weights).clone())


class Losses(Callback):
    """Keep the loss of every step."""

    def __init__(self) -> None:
        self.found: list[float] = []

    @override
    def on_batch_end(self, run: RunView) -> None:
        self.found.append(run.history.steps[-1].loss)


# --- precompute and freezing ---------------------------------------------------


def test_precompute_can_be_switched_at_any_time_without_touching_the_head(
    learn: ConvLearner, state_of: StateOf
) -> None:
    for is_on in (True, False, True, True, False):
        learn.fit(1e-2, 1)
        before = state_of(learn.model)

        learn.precompute = is_on

        assert is_same(state_of(learn.model), before)


def test_the_backbone_stays_bit_identical_while_the_head_learns(
    learn: ConvLearner, state_of: StateOf
) -> None:
    before = state_of(learn.model.backbone)
    head = state_of(learn.model.head)

    learn.fit(1e-2, 1)
    learn.precompute = True
    learn.fit(1e-2, 1)

    assert is_same(state_of(learn.model.backbone), before)
    assert not is_same(state_of(learn.model.head), head)


STATES: dict[str, Callable[[ConvLearner], object]] = {
    "as built": lambda learn: None,
    "with precompute": lambda learn: setattr(learn, "precompute", True),
    "with views": lambda learn: setattr(learn, "precompute", 2),
    "after a fit": lambda learn: learn.fit(1e-2, 1),
    "after freeze_to(1)": lambda learn: learn.freeze_to(1),
    "after freeze_all_but(0)": lambda learn: learn.freeze_all_but(0),
    "after bn_freeze": lambda learn: learn.bn_freeze(True),
    "unfrozen already": lambda learn: learn.unfreeze(),
}


@pytest.mark.parametrize("state", STATES)
def test_unfreeze_frees_everything_and_ends_precompute(
    learn: ConvLearner, state: str
) -> None:
    STATES[state](learn)

    learn.unfreeze()

    assert all(each.requires_grad for each in learn.model.parameters())
    assert not learn.precompute


@pytest.mark.parametrize(
    ("freeze", "learning"),
    [
        (lambda learn: learn.freeze_to(1), [False, True, True]),
        (lambda learn: learn.freeze_to(-1), [False, False, True]),
        (lambda learn: learn.freeze_all_but(1), [False, True, False]),
        (lambda learn: learn.unfreeze_groups([0]), [True, False, True]),
        (lambda learn: learn.freeze_groups([2]), [False, False, False]),
    ],
)
def test_layer_groups_can_be_frozen_one_by_one(
    learn: ConvLearner, freeze: Callable[[ConvLearner], None], learning: list[bool]
) -> None:
    freeze(learn)

    found = [
        {each.requires_grad for each in group.parameters()}
        for group in learn.get_layer_groups()
    ]

    assert found == [{is_learning} for is_learning in learning]


def test_switching_precompute_on_freezes_the_backbone(learn: ConvLearner) -> None:
    learn.unfreeze()

    learn.precompute = True

    assert learn.model.is_backbone_frozen


@pytest.mark.parametrize("given", [2, True, 5, False])
def test_precompute_can_be_switched_between_photos_and_any_kind_of_activations(
    learn: ConvLearner, state_of: StateOf, given: bool | int
) -> None:
    """The head is carried over, and what was set is what is read back."""
    learn.precompute = 3
    learn.fit(1e-2, 1)
    head = state_of(learn.model.head)

    learn.precompute = given

    assert learn.precompute is given
    assert is_same(state_of(learn.model.head), head)
    learn.fit(1e-2, 1)
    assert not is_same(state_of(learn.model.head), head)
    assert [fit["precompute"] for fit in learn.settings["fits"]] == [3, given]


def test_views_train_the_same_head_whenever_they_are_asked_for(
    make_learner: MakeLearner, state_of: StateOf
) -> None:
    """Computed anew or read from the disk, and other heads than plain photos do."""
    heads = []
    for precompute in (3, 3, True):
        learn = make_learner(precompute=precompute)
        learn.fit(1e-2, 4)
        heads.append(state_of(learn.model.head))

    assert is_same(heads[0], heads[1])
    assert not is_same(heads[0], heads[2])


def test_each_epoch_learns_from_the_next_view(
    photos: Path, make_data: MakeData, make_learner: MakeLearner
) -> None:
    """With all photos in one batch and a rate of nothing, only views differ."""
    learn = make_learner(make_data(photos, bs=36), precompute=2, ps=0)
    losses = Losses()

    learn.fit(0, 4, callbacks=[losses])

    first, second, third, fourth = losses.found
    assert third == pytest.approx(first, rel=1e-5)
    assert fourth == pytest.approx(second, rel=1e-5)
    assert second != pytest.approx(first, rel=1e-3)


def test_validation_measures_plain_photos_whatever_is_stored(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(precompute=2)

    row = learn.fit(1e-2, 2)

    log_probs, labels = learn.predict_with_targs()
    losses = -log_probs[np.arange(18), labels]
    assert row.valid_loss == pytest.approx(losses.mean(), rel=1e-5)


def test_views_bring_no_note_that_augmentation_rests(
    learn: ConvLearner, lines: list[str]
) -> None:
    learn.precompute = 2

    learn.fit(1e-2, 1)
    assert not any("un-augmented" in line for line in lines)
    learn.precompute = True
    learn.fit(1e-2, 1)

    assert any("un-augmented" in line for line in lines)


def test_a_precompute_that_means_nothing_changes_nothing(learn: ConvLearner) -> None:
    learn.unfreeze()

    with pytest.raises(PlanError, match=r"2 or more\. Got -2"):
        learn.precompute = -2

    assert learn.precompute is False
    assert not learn.model.is_backbone_frozen


def test_bn_freeze_keeps_statistics_while_all_layers_learn(learn: ConvLearner) -> None:
    norms = [
        module
        for module in learn.model.modules()
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    learn.unfreeze()
    learn.bn_freeze(True)
    before = [module.running_mean.clone() for module in norms]

    learn.fit(1e-3, 1)
    kept = [
        torch.equal(norm.running_mean, mean)
        for norm, mean in zip(norms, before, strict=True)
    ]
    learn.bn_freeze(False)
    learn.fit(1e-3, 1)
    moved = [
        not torch.equal(norm.running_mean, mean)
        for norm, mean in zip(norms, before, strict=True)
    ]

    assert len(norms) > 2
    assert all(kept)
    assert all(moved)


# --- fit -----------------------------------------------------------------------


def test_epochs_are_counted_over_all_fits(quick: ConvLearner) -> None:
    quick.fit(1e-2, 2)
    quick.fit(1e-2, 1, cycle_len=3)

    assert quick.epochs_done == 5
    assert quick.sched.epochs == [0, 1, 2]


def test_a_later_fit_sees_other_orders_and_dropout(
    make_learner: MakeLearner, state_of: StateOf
) -> None:
    """The epoch counter keys them, so a second fit does not repeat the first."""
    first, later = make_learner(precompute=True), make_learner(precompute=True)
    later.epochs_done = 1

    first.fit(1e-2, 1)
    later.fit(1e-2, 1)

    assert not is_same(state_of(first.model), state_of(later.model))


@pytest.mark.parametrize("num_workers", [1, 4])
def test_the_number_of_loading_threads_does_not_change_the_weights(
    photos: Path,
    make_data: MakeData,
    make_learner: MakeLearner,
    learn: ConvLearner,
    state_of: StateOf,
    num_workers: int,
) -> None:
    threaded = make_learner(make_data(photos, num_workers=num_workers))

    for each in (learn, threaded):
        each.unfreeze()
        each.fit([1e-4, 1e-3, 1e-2], 1, cycle_len=1)

    assert is_same(state_of(learn.model), state_of(threaded.model))


def test_another_seed_gives_other_weights(
    make_learner: MakeLearner, state_of: StateOf
) -> None:
    first, second = make_learner(seed=1), make_learner(seed=2)

    assert not is_same(state_of(first.model.head), state_of(second.model.head))


def test_lists_of_the_caller_stay_as_they_are(make_learner: MakeLearner) -> None:
    metrics: list[Any] = [accuracy]
    callbacks: list[Callback] = [Moves()]
    rates, decays = [1e-4, 1e-3, 1e-2], [0.0, 1e-4, 1e-3]
    copies = [list(each) for each in (metrics, callbacks, rates, decays)]

    learn = make_learner(precompute=True, metrics=metrics)
    learn.fit(rates, 1, decays, cycle_len=1, callbacks=callbacks, metrics=metrics)
    learn.metrics.clear()

    assert [metrics, callbacks, rates, decays] == copies
    assert [metric.name for metric in learn.metrics] == ["accuracy"]


@pytest.mark.parametrize("lrs", [[1e-3, 1e-2], np.array([1e-4, 1e-3, 1e-2, 1e-1])])
def test_a_wrong_number_of_rates_is_refused_by_number(
    learn: ConvLearner, lrs: list[float]
) -> None:
    with pytest.raises(PlanError, match=f"Got {len(lrs)} learning rates .* 3 layer"):
        learn.fit(lrs, 1)


def test_a_fit_where_nothing_can_learn_is_refused(learn: ConvLearner) -> None:
    learn.freeze_groups([2])

    with pytest.raises(PlanError, match=r"every layer group is frozen.*unfreeze"):
        learn.fit(1e-2, 1)
    with pytest.raises(PlanError, match="every layer group is frozen"):
        learn.lr_find()


class Sizes(Callback):
    """Keep the side of the photos that the backbone sees, per epoch."""

    def __init__(self, backbone: nn.Module) -> None:
        self.learning: list[set[int]] = [set()]
        self.measuring: set[int] = set()
        backbone.register_forward_pre_hook(self._see)

    def _see(self, backbone: nn.Module, inputs: tuple[Tensor]) -> None:
        seen = self.learning[-1] if torch.is_grad_enabled() else self.measuring
        seen.add(inputs[0].shape[-1])

    @override
    def on_train_begin(self, run: RunView) -> None:
        self.measuring.clear()  # a trial whether it can read the early photos

    @override
    def on_epoch_end(self, run: RunView) -> None:
        self.learning.append(set())


def test_early_epochs_of_each_cycle_learn_from_photos_of_another_size(
    learn: ConvLearner,
) -> None:
    learn.unfreeze()
    sizes = Sizes(learn.model.backbone)

    learn.fit(1e-3, 2, cycle_len=1, cycle_mult=2, early_size=48, callbacks=[sizes])

    full = learn.data.sz
    assert sizes.learning == [{full}, {48}, {full}, set()]
    assert sizes.measuring == {full}
    assert learn.settings["fits"][-1]["early_size"] == 48


def test_early_photos_change_nothing_where_every_cycle_is_one_epoch(
    make_learner: MakeLearner, state_of: StateOf
) -> None:
    ends = []
    for early_size in (None, 48):
        learn = make_learner()
        learn.fit(1e-2, 2, cycle_len=1, early_size=early_size)
        ends.append(state_of(learn.model))

    assert is_same(*ends)


def test_a_network_that_fails_at_the_early_size_is_found_out_before_the_fit(
    learn: ConvLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone, own_size = learn.model.backbone, learn.data.sz
    really = backbone.forward

    def forward(images: Tensor) -> Tensor:
        assert images.shape[-1] == own_size
        return really(images)

    monkeypatch.setattr(backbone, "forward", forward)

    assert learn.model.can_read(own_size)
    with pytest.raises(PlanError, match="cannot learn from photos of 96 pixels"):
        learn.fit(1e-2, 1, cycle_len=3, early_size=96)
    assert not learn.settings["fits"]


@pytest.mark.parametrize(
    ("precompute", "size", "found"),
    [(True, 20, "stored activations have one size"), (False, 0, "photos of 0 pixels")],
)
def test_early_photos_that_cannot_be_are_refused(
    learn: ConvLearner, precompute: bool, size: int, found: str
) -> None:
    learn.precompute = precompute

    with pytest.raises(PlanError, match=found):
        learn.fit(1e-2, 1, cycle_len=3, early_size=size)


def test_metrics_of_a_fit_take_the_place_of_those_of_the_learner(
    quick: ConvLearner, lines: list[str]
) -> None:
    row = quick.fit(1e-2, 1, metrics=[f1])

    assert list(row.metrics) == ["f1"]
    assert "f1" in lines[-2]
    assert quick.metrics[0].name == "accuracy"


def test_a_triangle_rises_to_the_peak_and_falls(quick: ConvLearner) -> None:
    """use_clr=(div, cut_div): up to the peak within 1/cut_div of the batches."""
    quick.fit(1e-2, 1, cycle_len=4, use_clr=(10, 5))

    rates = quick.sched.lrs
    top = int(np.argmax(rates))
    assert max(rates) == pytest.approx(1e-2)
    assert top == len(rates) // 5
    assert all(np.diff(rates[: top + 1]) > 0)
    assert all(np.diff(rates[top:]) < 0)


def test_a_1cycle_moves_momentum_against_the_rate(quick: ConvLearner) -> None:
    quick.fit(1e-2, 1, cycle_len=4, use_clr_beta=(10, 10, 0.95, 0.85))

    rows = quick._sched._history.steps  # the lesson's sched shows rates alone
    momentums = [row.momentum for row in rows if row.momentum is not None]
    top = int(np.argmax([row.rates[-1] for row in rows]))
    assert momentums[0] == pytest.approx(0.95)
    assert momentums[top] == pytest.approx(0.85, abs=0.01)


def test_scheduled_decay_pulls_weights_down_by_rate_times_decay(
    make_learner: MakeLearner,
) -> None:
    """With a rate of 1 and no gradient to speak of, each step keeps 1 - lr * wd."""
    learn = make_learner(precompute=True, clip=1e-12)
    weight = learn.model.head[-1].weight
    before = weight.detach().clone()

    learn.fit(1e-2, 1, wds=0.5, use_wd_sched=True)

    steps = len(learn.sched.lrs)
    kept = (1 - 1e-2 * 0.5) ** steps
    assert torch.allclose(weight, before * kept, rtol=1e-4, atol=1e-7)


def test_a_decay_schedule_without_a_decay_is_refused(quick: ConvLearner) -> None:
    with pytest.raises(PlanError, match="needs a weight decay"):
        quick.fit(1e-2, 1, use_wd_sched=True)
    with pytest.raises(PlanError, match="which is off"):
        quick.fit(1e-2, 1, norm_wds=True)


def test_averaged_weights_are_the_mean_over_epoch_ends(quick: ConvLearner) -> None:
    moves = Moves()

    quick.fit(1e-2, 4, use_swa=True, swa_start=2, callbacks=[moves])

    assert quick.swa_model is not None
    averaged = torch.cat([p.flatten() for p in quick.swa_model.head.parameters()])
    expected = torch.stack(moves.heads[1:]).mean(dim=0)
    assert torch.allclose(averaged, expected, atol=1e-6)


def test_only_its_own_model_and_photos_are_trained(
    quick: ConvLearner, make_learner: MakeLearner
) -> None:
    other = make_learner()
    layer_opt = quick.get_layer_opt(1e-2, None)

    with pytest.raises(PlanError, match=r"Pass learn\.model and learn\.data"):
        quick.fit_gen(other.model, quick.data, layer_opt, 1)


def test_ctrl_c_ends_a_fit_without_leftovers(learn: ConvLearner) -> None:
    """The guard of conftest.py fails this test if a thread lives on."""
    learn.unfreeze()

    with pytest.raises(KeyboardInterrupt):
        learn.fit(1e-3, 2, callbacks=[Interrupt()])

    assert learn.epochs_done == 0
    learn.fit(1e-3, 1)
    assert learn.epochs_done == 1


def test_a_rate_that_is_far_too_high_leaves_the_weights_of_before(
    quick: ConvLearner, state_of: StateOf
) -> None:
    before = state_of(quick.model)

    with pytest.raises(DivergedError, match="lr_find"):
        quick.fit(1e30, 1)

    assert is_same(state_of(quick.model), before)


def test_training_photos_are_too_few_for_one_batch(
    make_learner: MakeLearner, tmp_path: Path
) -> None:
    pixels = np.zeros((3, 32, 32, 3), dtype=np.uint8)
    data = ImageClassifierData.from_arrays(
        tmp_path,
        (pixels, np.array([0, 1, 1])),
        (pixels, np.array([0, 1, 1])),
        bs=1,
        tfms=tfms_from_model("unfreeze_nano", 32),
    )

    with pytest.raises(PlanError, match="pass bs=2"):
        make_learner(data).fit(1e-2, 1)


# --- lr_find -------------------------------------------------------------------


def test_a_search_beside_a_learner_that_trains_changes_nothing(
    quick: ConvLearner, state_of: StateOf
) -> None:
    quick.fit(1e-2, 1)
    before = state_of(quick.model)

    found = quick.lr_find()

    assert is_same(state_of(quick.model), before)
    assert quick.sched.suggestion == found
    assert quick.epochs_done == 1


def test_a_search_keeps_the_ratios_of_its_start(learn: ConvLearner) -> None:
    learn.unfreeze()

    learn.lr_find([1e-7, 1e-6, 1e-5], num_it=5)

    rows = learn._sched._history.steps
    for row in rows:
        assert np.divide(row.rates, row.rates[-1]) == pytest.approx([0.01, 0.1, 1])


@pytest.mark.parametrize("start_lr", [0, [1e-3, 1e-3, 0]])
def test_a_search_cannot_start_at_nothing(
    quick: ConvLearner, start_lr: float | list[float]
) -> None:
    with pytest.raises(PlanError, match="start_lr must be above 0"):
        quick.lr_find(start_lr)


@pytest.mark.parametrize("precompute", [False, True])
def test_measuring_speeds_changes_nothing(
    learn: ConvLearner, state_of: StateOf, precompute: bool
) -> None:
    learn.precompute = precompute
    before = state_of(learn.model)
    learns = [each.requires_grad for each in learn.model.parameters()]

    found = learn.measure_speeds(0.01)

    assert min(astuple(found)) > 0
    after = state_of(learn.model)
    assert all(torch.equal(after[name], each) for name, each in before.items())
    assert [each.requires_grad for each in learn.model.parameters()] == learns
    assert (learn.precompute, learn.epochs_done) == (precompute, 0)


# --- saving --------------------------------------------------------------------


@pytest.mark.parametrize("is_loaded_in", STATES)
@pytest.mark.parametrize("is_saved_in", ["as built", "with precompute"])
def test_weights_saved_in_any_state_load_in_any_state(
    make_learner: MakeLearner, state_of: StateOf, is_saved_in: str, is_loaded_in: str
) -> None:
    saving, loading = make_learner(), make_learner(seed=9)
    STATES[is_saved_in](saving)
    saving.fit(1e-2, 1)

    saving.save("weights")
    STATES[is_loaded_in](loading)
    loading.load("weights")

    assert is_same(state_of(loading.model), state_of(saving.model))


def test_a_missing_file_is_named(learn: ConvLearner) -> None:
    with pytest.raises(WeightsError, match=r"never_saved\.safetensors"):
        learn.load("never_saved")


def test_best_save_name_keeps_the_best_of_several_fits(
    make_learner: MakeLearner, state_of: StateOf
) -> None:
    learn = make_learner(precompute=True)
    learn.fit(1e-2, 5, best_save_name="best")
    best = learn.predict()
    reached = (best.argmax(1) == learn.data.val_y).mean()

    learn.fit(1.0, 1, best_save_name="best")
    learn.load("best")
    found = (learn.predict().argmax(1) == learn.data.val_y).mean()

    assert found >= reached


def test_a_learner_writes_nothing_before_it_must(
    drawn_folder: Path, make_data: MakeData, make_learner: MakeLearner
) -> None:
    learn = make_learner(make_data(drawn_folder), models_name="models")
    learn.fit(1e-2, 1)
    learn.lr_find(num_it=3)
    before = {entry.name for entry in drawn_folder.iterdir()}

    path = learn.save("x")

    assert before == {"train", "valid", "tmp"}
    assert not list((drawn_folder / "tmp").glob("x_act*"))
    assert path == drawn_folder / "models" / "x.safetensors"


# --- the rest ------------------------------------------------------------------


def test_there_is_no_record_before_the_first_fit(learn: ConvLearner) -> None:
    with pytest.raises(PlanError, match=r"Call learn\.lr_find"):
        _ = learn.sched


def test_a_summary_counts_every_parameter_once(learn: ConvLearner) -> None:
    rows = learn.summary().values()

    total = sum(each.numel() for each in learn.model.parameters())
    assert sum(row["nb_params"] for row in rows) == total


def test_a_learner_shows_its_model(learn: ConvLearner) -> None:
    assert repr(learn) == repr(learn.model)


def test_little_memory_is_noted_once_and_changes_no_answer(
    make_learner: MakeLearner, lines: list[str]
) -> None:
    whole = make_learner()
    learner = make_learner()
    for each in (whole, learner):
        each.unfreeze()
        each.bn_freeze(True)
    rows = [whole.fit(1e-4, 1), whole.fit(1e-4, 1)]
    lines.clear()

    def hold(_: nn.Module, __: object, output: Tensor) -> None:
        if len(output) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    learner.model.backbone.register_forward_hook(hold)
    learner.lr_find(num_it=8)
    found = [learner.fit(1e-4, 1), learner.fit(1e-4, 1)]

    assert [line for line in lines if "memory" in line] == [
        "note: The memory is too small for 8 photos at once; going on with 2 x 4, the "
        "same effective batch."
    ]
    for row, expected in zip(found, rows, strict=True):
        assert row.valid_loss == pytest.approx(expected.valid_loss, rel=2e-3)
    assert learner.predict() == pytest.approx(whole.predict(), abs=5e-3)  # rounding


# --- balance -----------------------------------------------------------------------


@pytest.mark.parametrize("balance", ["weights", "sampling"])
def test_balance_gives_the_same_weights_with_any_number_of_threads(
    photos: Path,
    make_data: MakeData,
    make_learner: MakeLearner,
    balance: str,
) -> None:
    def weights(num_workers: int) -> bytes:
        data = make_data(photos, num_workers=num_workers)
        learn = make_learner(data, balance=balance, seed=3)
        learn.fit(0.01, 1)
        return b"".join(
            each.numpy().tobytes() for each in learn.model.state_dict().values()
        )

    assert weights(0) == weights(3)


def test_balance_changes_what_is_learned_and_not_how_it_is_measured(
    photos: Path,
    make_data: MakeData,
    make_learner: MakeLearner,
    tmp_path: Path,
) -> None:
    uneven = Path(shutil.copytree(photos, tmp_path / "uneven"))
    for number in range(2, 12):
        (uneven / f"train/circles/circles{number:02}.png").unlink()
    data = make_data(uneven)

    plain, weighted, sampled = (
        make_learner(data, balance=balance, precompute=True)
        for balance in ("none", "weights", "sampling")
    )
    rows = [learn.fit(0.01, 1) for learn in (plain, weighted, sampled)]

    assert len({row.train_loss for row in rows}) == 3
    for learn, row in zip((plain, weighted, sampled), rows, strict=True):
        record = learn.predictions()
        assert row.valid_loss == pytest.approx(record.losses().mean(), rel=1e-4)
    assert weighted.settings["balance"] == "weights"


def test_a_balance_that_does_not_exist_is_refused(
    make_learner: MakeLearner,
) -> None:
    with pytest.raises(PlanError, match="no balance 'fair'"):
        make_learner(balance="fair")


def test_full_precision_is_given_back_also_on_an_error(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime("bf16"))
    rough = learn.runtime

    def interrupted() -> None:
        with learn.full_precision():
            assert learn.runtime.precision == "fp32"
            assert not learn.precompute
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert learn.runtime is rough
    assert learn.precompute


def test_answers_in_full_precision_are_those_of_a_plain_machine(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(runtime=AcceleratedRuntime("bf16"))
    plain = make_learner()

    with learn.full_precision():
        found = learn.predict()

    assert found == pytest.approx(plain.predict(), abs=1e-4)
    assert not np.array_equal(found, learn.predict())


def test_what_was_measured_exactly_is_the_answer_without_another_look(
    make_learner: MakeLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime("bf16"))
    plain = make_learner(runtime=AcceleratedRuntime("fp32"))
    learn.measure_exactly()
    row = learn.fit(0.01, 1)
    plain.model.load_state_dict(learn.model.state_dict())

    expected = plain.predictions()
    monkeypatch.setattr(learn.model, "features", None)  # nothing may run it again
    with learn.full_precision():
        found = learn.predictions()

    assert np.array_equal(found.log_probs, expected.log_probs)
    assert row.valid_loss == pytest.approx(expected.losses().mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("precision", "before", "after"),
    [("bf16", (False, True), (True, False)), ("fp32", (True, True), (True, True))],
)
def test_measuring_exactly_makes_a_difference_in_half_precision_alone(
    make_learner: MakeLearner,
    precision: str,
    before: tuple[bool, bool],
    after: tuple[bool, bool],
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime(precision))

    def ways() -> tuple[bool, bool]:
        return learn.measures_as(exactly=True), learn.measures_as(exactly=False)

    assert ways() == before
    learn.measure_exactly()
    assert ways() == after


def test_photos_are_looked_at_again_once_the_backbone_has_learned(
    make_learner: MakeLearner,
) -> None:
    learn = make_learner(precompute=True, runtime=AcceleratedRuntime("bf16"))
    learn.measure_exactly()
    learn.store_activations()
    before = learn.predict()
    learn.unfreeze()
    learn.fit(0.01, 1)
    plain = make_learner(runtime=AcceleratedRuntime("fp32"))
    plain.model.load_state_dict(learn.model.state_dict())

    with learn.full_precision():
        found = learn.predict()

    assert np.array_equal(found, plain.predict())
    assert not np.array_equal(found, before)
