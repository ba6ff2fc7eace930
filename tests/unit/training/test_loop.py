"""Mirrors src/unfreeze/training/loop.py."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, final

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.index import ImageIndex
from unfreeze.errors import DivergedError, PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.numerics.schedules import constant, cosine_restarts, one_cycle
from unfreeze.records import ImageSpec
from unfreeze.training import loop, runtime
from unfreeze.training.callbacks.base import Callback, RunView, Verdict
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.loop import Fit
from unfreeze.training.runtime import PlainRuntime
from unfreeze.training.source import FromFeatures, FromImages, Setup

StateOf = Callable[[nn.Module], dict[str, bytes]]
MakeFit = Callable[..., Fit]
MakeModel = Callable[..., StagedClassifier]


@final
class _Diary(Callback):
    """Notes what it is told, and gives the answers it was made with."""

    def __init__(
        self,
        name: str,
        notes: list[str],
        stop: tuple[str, int] | None = None,
        at: dict[str, Callable[[RunView], object]] | None = None,
    ) -> None:
        self._name = name
        self._notes = notes
        self._stop = stop
        self._at = at or {}
        self._told: dict[str, int] = {}

    def _note(self, moment: str, run: RunView) -> Verdict:
        self._notes.append(f"{self._name} {moment}")
        self._told[moment] = self._told.get(moment, 0) + 1
        self._at.get(moment, lambda run: None)(run)
        is_asked_for = self._stop == (moment, self._told[moment])
        return Verdict.STOP if is_asked_for else Verdict.GO

    @override
    def on_train_begin(self, run: RunView) -> None:
        self._note("train begin", run)

    @override
    def on_batch_begin(self, run: RunView) -> None:
        self._note("batch begin", run)

    @override
    def on_batch_end(self, run: RunView) -> Verdict:
        return self._note("batch end", run)

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        return self._note("epoch end", run)

    @override
    def on_cycle_end(self, run: RunView, cycle: int) -> Verdict:
        return self._note(f"cycle {cycle} end", run)

    @override
    def on_train_end(self, run: RunView) -> None:
        self._note("train end", run)

    @override
    def extra_figures(self, run: RunView) -> dict[str, float]:
        return {f"epoch of {self._name}": float(run.epoch)}


def _batches(notes: list[str]) -> int:
    return sum("batch end" in note for note in notes)


# --- what is learned ---------------------------------------------------------------


@pytest.mark.parametrize("num_workers", [1, 3])
def test_the_number_of_threads_does_not_change_a_bit(
    make_fit: MakeFit,
    make_setup: Callable[..., Setup],
    source: FromImages,
    augmentation: Augmentation,
    state_of: StateOf,
    num_workers: int,
) -> None:
    varied = replace(source, augmentation=augmentation)
    plain = make_fit(source=varied)
    threaded = make_fit(source=varied, setup=make_setup(num_workers=num_workers))

    plain.run()
    threaded.run()

    assert state_of(plain.model) == state_of(threaded.model)


def test_four_epochs_equal_two_and_another_two(
    make_fit: MakeFit,
    source: FromImages,
    augmentation: Augmentation,
    state_of: StateOf,
) -> None:
    """With SGD without momentum; the second fit takes up the keyed order."""
    varied = {"source": replace(source, augmentation=augmentation)}
    whole = make_fit(builder=torch.optim.SGD, epochs=4, **varied)
    first = make_fit(builder=torch.optim.SGD, **varied)
    second = make_fit(
        model=first.model, builder=torch.optim.SGD, first_epoch=2, **varied
    )

    whole.run()
    first.run()
    second.run()

    assert state_of(whole.model) == state_of(first.model)


def test_each_epoch_has_its_own_order(make_fit: MakeFit, state_of: StateOf) -> None:
    early, late = make_fit(), make_fit(first_epoch=2)

    early.run()
    late.run()

    assert state_of(early.model) != state_of(late.model)


def test_frozen_groups_stay_bit_identical_statistics_included(
    make_fit: MakeFit, model: StagedClassifier, state_of: StateOf
) -> None:
    freeze_to(layer_groups(model), -1)
    body, head = state_of(model.backbone), state_of(model.head)

    make_fit(model=model).run()

    assert state_of(model.backbone) == body
    assert state_of(model.head) != head


@pytest.mark.parametrize("bn_frozen", [False, True])
def test_statistics_move_unless_they_are_frozen(
    make_fit: MakeFit, bn_frozen: bool, state_of: StateOf
) -> None:
    fit = make_fit(bn_frozen=bn_frozen)
    before = state_of(fit.model)

    fit.run()

    moved = {name for name, was in before.items() if state_of(fit.model)[name] != was}
    assert any("weight" in name for name in moved)
    assert any("running_" in name for name in moved) is not bn_frozen


def test_gradients_are_clipped_to_the_limit(make_fit: MakeFit) -> None:
    """With plain SGD at rate 1, the weights then move by the limit at each step."""
    fit = make_fit(
        rates=1.0, builder=torch.optim.SGD, epochs=1, clip_norm=1e-3, bn_frozen=True
    )
    start = copy.deepcopy(fit.model)

    fit.run()

    steps = [
        (after - before).flatten()
        for after, before in zip(
            fit.model.parameters(), start.parameters(), strict=True
        )
    ]
    assert torch.cat(steps).norm().item() <= 6 * 1e-3 * (1 + 1e-4)


# --- what is recorded --------------------------------------------------------------


def test_the_optimizer_runs_at_the_rates_of_the_lesson(make_fit: MakeFit) -> None:
    """SPEC anchors for 20 batches: warm-up, 0.9938, a last 0.0062, then the peak."""
    peaks = (1e-4, 1e-3, 1e-2)
    fit = make_fit(
        rates=peaks, epochs=2, schedule=replace(cosine_restarts(20, 2), num_steps=12)
    )

    fit.run()

    rates = [row.rates for row in fit.history.steps]
    assert rates[0] == pytest.approx([peak / 100 for peak in peaks])
    assert rates[1][2] == pytest.approx(9.938e-3, rel=1e-4)
    for row in rates:
        assert row[0] / row[2] == pytest.approx(0.01)
        assert row[1] / row[2] == pytest.approx(0.1)


def test_rates_jump_back_to_the_peak_as_a_cycle_begins(make_fit: MakeFit) -> None:
    fit = make_fit(rates=0.01, epochs=3, schedule=cosine_restarts(6, 2, 1, 2))

    fit.run()

    heads = [row.rates[-1] for row in fit.history.steps]
    by_hand = [0.0001]  # the warm-up: 5 % of six batches, rounded up
    by_hand += [0.005 * (1 + math.cos(math.pi * i / 6)) for i in range(1, 6)]
    by_hand += [0.005 * (1 + math.cos(math.pi * i / 12)) for i in range(12)]
    assert heads == pytest.approx(by_hand)


def test_momentum_is_scheduled_and_recorded(make_fit: MakeFit) -> None:
    seen: list[float] = []
    fit = make_fit(
        epochs=2, schedule=one_cycle(6, 1, 2, div=10, pct=0, momentums=(0.95, 0.85))
    )

    def look(run: RunView) -> None:
        seen.append(fit.optimizer.opt.param_groups[0]["momentum"])

    replace(fit, callbacks=[_Diary("a", [], at={"batch begin": look})]).run()

    assert seen == [row.momentum for row in fit.history.steps]
    assert seen[0] == 0.95
    assert min(seen) == pytest.approx(0.85)


def test_an_epoch_row_says_what_happened(make_fit: MakeFit) -> None:
    fit = make_fit(callbacks=[_Diary("a", [])])

    history = fit.run()

    assert history is fit.history
    assert [row.epoch for row in history.epochs] == [0, 1]
    assert [row.epoch for row in history.steps] == [0] * 6 + [1] * 6
    last = history.epochs[-1]
    again = fit.validate(fit.model)
    assert last.valid_loss == again.loss
    assert last.metrics == again.metrics
    assert last.train_loss == history.steps[-1].smooth_loss
    assert last.num_images == 22
    assert last.seconds > 0
    assert last.extra == {"epoch of a": 1.0}


def test_every_image_is_learned_from_also_where_one_is_left_over(
    make_fit: MakeFit, make_index: Callable[..., ImageIndex], spec: ImageSpec
) -> None:
    source = FromImages(make_index(21), spec)
    fit = make_fit(source=source, schedule=constant(6, 2))

    history = fit.run()

    assert len(history) == 12
    assert [row.num_images for row in history.epochs] == [21, 21]


# --- callbacks ---------------------------------------------------------------------


def test_callbacks_are_told_in_order(make_fit: MakeFit) -> None:
    notes: list[str] = []
    fit = make_fit(callbacks=[_Diary("a", notes), _Diary("b", notes)], epochs=1)

    fit.run()

    def both(moment: str) -> list[str]:
        return [f"a {moment}", f"b {moment}"]

    step = [*both("batch begin"), *both("batch end")]
    assert notes == [
        *both("train begin"),
        *step * 6,
        *both("epoch end"),
        *both("cycle 0 end"),
        "b train end",
        "a train end",
    ]


def test_a_cycle_ends_after_its_last_step(make_fit: MakeFit, state_of: StateOf) -> None:
    """Told at steps 6 and 18, with the weights of that very moment."""
    steps: list[int] = []
    after_steps: dict[int, dict[str, bytes]] = {}
    at_ends: list[dict[str, bytes]] = []

    def at_end(run: RunView) -> None:
        steps.append(len(run.history))
        at_ends.append(state_of(run.model))

    def after_step(run: RunView) -> None:
        after_steps[len(run.history)] = state_of(run.model)

    diary = _Diary(
        "a",
        [],
        at={"cycle 0 end": at_end, "cycle 1 end": at_end, "batch end": after_step},
    )
    make_fit(epochs=3, schedule=cosine_restarts(6, 2, 1, 2), callbacks=[diary]).run()

    assert steps == [6, 18]
    assert at_ends == [after_steps[6], after_steps[18]]


def test_a_stop_after_a_step_ends_the_fit_in_order(make_fit: MakeFit) -> None:
    notes: list[str] = []
    stopper = _Diary("a", notes, stop=("batch end", 3))
    fit = make_fit(callbacks=[stopper, _Diary("b", notes)])

    history = fit.run()

    assert len(history) == 3
    assert len(history.epochs) == 1
    assert history.epochs[0].num_images == 12
    assert notes[-4:] == ["a epoch end", "b epoch end", "b train end", "a train end"]


def test_a_cycle_that_was_cut_short_does_not_count_as_ended(make_fit: MakeFit) -> None:
    notes: list[str] = []
    make_fit(callbacks=[_Diary("a", notes, stop=("batch end", 5))]).run()

    assert not [note for note in notes if "cycle" in note]


@pytest.mark.parametrize("moment", ["epoch end", "cycle 0 end"])
def test_a_stop_after_an_epoch_or_cycle_ends_the_fit(
    make_fit: MakeFit, moment: str
) -> None:
    notes: list[str] = []
    fit = make_fit(callbacks=[_Diary("a", notes, stop=(moment, 1))])

    fit.run()

    assert _batches(notes) == 6
    assert len(fit.history.epochs) == 1
    assert notes[-2:] == ["a cycle 0 end", "a train end"]


def test_every_callback_hears_of_the_end_although_one_fails(make_fit: MakeFit) -> None:
    notes: list[str] = []

    def fail(run: RunView) -> None:
        raise OSError("disk full")

    failing = _Diary("b", notes, at={"train end": fail})
    fit = make_fit(callbacks=[_Diary("a", notes), failing], epochs=1)

    with pytest.raises(OSError, match="disk full"):
        fit.run()

    assert notes[-2:] == ["b train end", "a train end"]


@pytest.mark.parametrize("moment", ["train begin", "batch begin", "epoch end"])
def test_callbacks_hear_of_the_end_also_on_ctrl_c(
    make_fit: MakeFit, moment: str
) -> None:
    notes: list[str] = []

    def interrupt(run: RunView) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_fit(callbacks=[_Diary("a", notes, at={moment: interrupt})]).run()

    assert notes[-1] == "a train end"


# --- ways to fail ------------------------------------------------------------------


def _loss_becomes(monkeypatch: pytest.MonkeyPatch, value: float, step: int) -> None:
    """Let the loss of one step be a number of our choice."""
    original = loop.train_step
    count = iter(range(1000))

    def step_with_a_wrong_loss(*args: Any, **options: Any) -> Tensor:  # noqa: ANN401
        loss = original(*args, **options)
        return torch.tensor(value) if next(count) == step else loss

    monkeypatch.setattr(loop, "train_step", step_with_a_wrong_loss)


def _on_a_distant_device(setup: Setup) -> Setup:
    """Let it look as if a loss had to be waited for."""
    runtime = PlainRuntime()
    runtime.device = torch.device("meta")
    return replace(setup, runtime=runtime)


@pytest.mark.parametrize("value", [float("nan"), 6.9e5])
def test_one_exploded_loss_of_a_short_epoch_is_found_at_its_end(
    make_fit: MakeFit, setup: Setup, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    """Six steps: fewer than lie between two looks at a distant device."""
    losses = iter([1.0, 1.0, value] + [1.0] * 9)
    monkeypatch.setattr(
        loop, "train_step", lambda *args, **options: torch.tensor(next(losses))
    )
    fit = make_fit(setup=_on_a_distant_device(setup))

    message = rf"The loss became {value:g} in the 1st epoch, at the 3rd step of"
    with pytest.raises(DivergedError, match=message.replace("+", r"\+")):
        fit.run()

    assert fit.history.epochs == []


def _validated_in_turn(*losses: float) -> Callable[[StagedClassifier], Evaluation]:
    ahead = iter(losses)
    return lambda model: Evaluation(next(ahead), {}, np.zeros((1, 3), dtype=np.float32))


@pytest.mark.parametrize(
    ("validation", "good", "message"),
    [
        ([0.5, 0.5], 2, "from before that epoch"),
        ([0.5, 2.4e34], 1, "from before the 2nd epoch"),
        ([2.4e34, 1e3], 0, "from before the 1st epoch"),
        ([2.4e34, 999.0], 2, "from before that epoch"),
    ],
)
def test_weights_that_validation_found_ruined_are_not_brought_back(
    make_fit: MakeFit,
    state_of: StateOf,
    monkeypatch: pytest.MonkeyPatch,
    validation: list[float],
    good: int,
    message: str,
) -> None:
    """In epoch 2 the training loss explodes, too."""
    fit = make_fit(epochs=3, validate=_validated_in_turn(*validation))
    states = [state_of(fit.model)]
    note = _Diary(
        "a", [], at={"epoch end": lambda run: states.append(state_of(run.model))}
    )
    _loss_becomes(monkeypatch, 1e4, step=14)

    with pytest.raises(DivergedError, match=message):
        replace(fit, callbacks=[note]).run()

    assert state_of(fit.model) == states[good]


def test_a_validation_loss_that_exploded_alone_goes_on(make_fit: MakeFit) -> None:
    """As that of batch norms does whose statistics have yet to settle."""
    fit = make_fit(validate=_validated_in_turn(2.4e34, 0.5))

    fit.run()

    assert [row.valid_loss for row in fit.history.epochs] == [2.4e34, 0.5]


@pytest.mark.parametrize("first_frozen", [0, -1])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e3])
def test_a_diverged_loss_brings_back_the_weights_from_before_the_epoch(
    make_fit: MakeFit,
    model: StagedClassifier,
    state_of: StateOf,
    monkeypatch: pytest.MonkeyPatch,
    value: float,
    first_frozen: int,
) -> None:
    freeze_to(layer_groups(model), first_frozen)
    good: dict[str, dict[str, bytes]] = {}

    def keep(run: RunView) -> None:
        good["first epoch"] = state_of(run.model)

    notes: list[str] = []
    fit = make_fit(model=model, callbacks=[_Diary("a", notes, at={"epoch end": keep})])
    _loss_becomes(monkeypatch, value, step=9)

    where = "in the 2nd epoch, at the 10th step of the fit"
    message = rf"loss became {value:g} {where}.*rates \[.*0\.05\].*10 times"
    with pytest.raises(DivergedError, match=message):
        fit.run()

    assert state_of(model) == good["first epoch"]
    assert notes[-1] == "a train end"
    assert len(fit.history.epochs) == 1


def test_a_loss_that_is_merely_high_goes_on(
    make_fit: MakeFit, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = make_fit()
    _loss_becomes(monkeypatch, 999.0, step=9)

    assert len(fit.run()) == 12


def test_too_high_a_rate_is_reported_and_leaves_no_ruins(
    make_fit: MakeFit, state_of: StateOf
) -> None:
    fit = make_fit(rates=1e30)
    before = state_of(fit.model)

    with pytest.raises(DivergedError, match="lr_find"):
        fit.run()

    assert state_of(fit.model) == before


def test_a_diverged_validation_brings_the_weights_back_too(
    make_fit: MakeFit, state_of: StateOf
) -> None:
    measured = Evaluation(float("nan"), {}, np.zeros((1, 3), dtype=np.float32))
    fit = make_fit(validate=lambda model: measured)
    before = state_of(fit.model)

    with pytest.raises(
        DivergedError, match="validation loss became nan in the 1st epoch"
    ):
        fit.run()

    assert state_of(fit.model) == before
    assert fit.history.epochs == []


def test_the_loss_of_a_distant_device_is_looked_at_every_20_steps(
    make_fit: MakeFit,
    make_index: Callable[..., ImageIndex],
    spec: ImageSpec,
    setup: Setup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not a number from step 30 on, seen after step 39."""
    losses = iter([1.0] * 30 + [float("nan")] * 30)
    monkeypatch.setattr(
        loop, "train_step", lambda *args, **options: torch.tensor(next(losses))
    )
    fit = make_fit(
        source=FromImages(make_index(240), spec),
        setup=_on_a_distant_device(setup),
        schedule=constant(60, 1),
        epochs=1,
    )

    with pytest.raises(DivergedError, match="1st epoch, at the 31st step"):
        fit.run()


def test_only_a_fit_on_photos_gives_its_memory_back(
    make_fit: MakeFit, index: ImageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claiming it again would take as long as a few steps on stored activations."""
    given_back: list[str] = []
    monkeypatch.setattr(
        runtime, "give_back_freed_memory", lambda: given_back.append("all")
    )
    features = np.ones((22, 12), dtype=np.float32)

    make_fit(source=FromFeatures(features, index.labels), epochs=1).run()
    assert not given_back
    make_fit(epochs=1).run()
    assert given_back == ["all"]


def test_a_source_longer_than_the_schedule_is_refused(make_fit: MakeFit) -> None:
    with pytest.raises(PlanError, match="steps 0 to 4"):
        make_fit(epochs=1, schedule=constant(5, 1)).run()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, DivergedError])
def test_the_global_generator_is_where_it_was(
    make_fit: MakeFit, error: type[BaseException] | None
) -> None:
    before = torch.get_rng_state()

    def fail(run: RunView) -> None:
        if error is not None:
            raise error

    fit = make_fit(callbacks=[_Diary("a", [], at={"epoch end": fail})])
    if error is None:
        fit.run()
    else:
        with pytest.raises(error):
            fit.run()

    assert torch.equal(torch.get_rng_state(), before)


def test_memory_that_ends_in_a_later_epoch_changes_nothing(
    make_fit: MakeFit, make_model: MakeModel
) -> None:
    """With frozen statistics, to which batch norm in pieces would not come."""
    whole = make_fit(rates=1e-2, bn_frozen=True)
    whole.run()
    sizes: list[int] = []

    def hold(_: nn.Module, __: object, output: Tensor) -> None:
        sizes.append(len(output))
        if len(sizes) > 20 and len(output) > 2:  # six steps and six of validation
            raise torch.OutOfMemoryError("CUDA out of memory.")

    model = make_model()
    model.backbone.register_forward_hook(hold)
    split = make_fit(model=model, rates=1e-2, bn_frozen=True)
    split.run()

    assert sizes[20] == 4
    assert max(sizes[21:]) == 2
    for found, expected in zip(split.history.epochs, whole.history.epochs, strict=True):
        assert found.valid_loss == pytest.approx(expected.valid_loss, rel=1e-5)
        assert found.num_images == expected.num_images
    torch.testing.assert_close(
        model.state_dict(), whole.model.state_dict(), rtol=1e-5, atol=1e-6
    )


def test_memory_that_holds_no_photo_ends_the_fit(
    make_fit: MakeFit, make_model: MakeModel, memory_for: Callable[..., Any]
) -> None:
    model = make_model()
    notes: list[str] = []

    with memory_for(model, 0), pytest.raises(PlanError, match="too small even for 2"):
        make_fit(model=model, callbacks=[_Diary("a", notes)]).run()

    assert notes[-1] == "a train end"


def test_memory_that_ends_outside_of_the_network_is_explained(
    make_fit: MakeFit,
) -> None:
    class Full(torch.optim.SGD):
        def step(self, closure: None = None) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(
        PlanError, match=r"too small for batches of 4 photos\. Pass bs=2"
    ):
        make_fit(builder=Full).run()
