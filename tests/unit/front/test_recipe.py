"""Mirrors src/unfreeze/front/recipe.py."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import torch

from unfreeze.errors import DivergedError, PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.early_size import early_size_for
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.learner import Learner
from unfreeze.front.pacing import AsPlanned, Budget, Pacing
from unfreeze.front.plan import Plan, Recipe, usual_plan
from unfreeze.front.recipe import _lowered, _safe, follow, layer_rates
from unfreeze.front.steps import StepClock
from unfreeze.front.summary import StepSummary
from unfreeze.models.backbones import Backbone
from unfreeze.numerics.suggest import Suggestion, Verdict
from unfreeze.training.runtime import PlainRuntime
from unfreeze.training.speeds import Speeds

Follow: TypeAlias = Callable[..., tuple[ConvLearner, StepClock]]


@pytest.fixture
def follow_through(data: ImageClassifierData, tmp_path: Path) -> Follow:
    def follow_recipe(
        recipe: Pacing | Recipe,
        epochs: int | None = None,
        **words: Any,  # noqa: ANN401  # handed on
    ) -> tuple[ConvLearner, StepClock]:
        clock = StepClock(lambda line: None, time.perf_counter())
        output = Output(write=lambda line: None, has_bar=False)
        pacing = (
            recipe
            if isinstance(recipe, Pacing)
            else AsPlanned(usual_plan(len(data.trn_ds), data.bs, recipe, epochs))
        )
        learn = follow(
            "unfreeze_nano",
            data,
            clock,
            pacing,
            runtime=PlainRuntime(),
            output=output,
            models_name=tmp_path,
            **words,
        )
        return learn, clock

    return follow_recipe


@pytest.mark.parametrize(("recipe", "steps"), [("quick", 3), ("head", 4)])
def test_shorter_recipes_leave_the_backbone_alone(
    follow_through: Follow, recipe: Recipe, steps: int
) -> None:
    learn, clock = follow_through(recipe, epochs=2)

    assert len(clock.steps) == steps
    assert clock.steps[-1].epochs == 2
    assert learn.model.is_backbone_frozen


class Looked(Exception):  # noqa: N818  # nothing is wrong
    """A photo went through the backbone."""


@pytest.mark.parametrize(
    ("recipe", "looks_again"),
    [("quick", False), ("head", False), ("eight-steps", True)],
)
def test_final_answers_take_another_look_only_if_the_backbone_has_learned(
    follow_through: Follow,
    monkeypatch: pytest.MonkeyPatch,
    recipe: Recipe,
    looks_again: bool,
) -> None:
    learn, _ = follow_through(recipe, epochs=1)

    def looked(images: object) -> None:
        raise Looked

    monkeypatch.setattr(learn.model, "features", looked)
    with learn.full_precision():
        if looks_again:
            with pytest.raises(Looked):
                learn.predict()
        else:
            assert len(learn.predict()) == len(learn.data.val_ds)


def test_all_eight_steps_end_with_the_best_weights(
    follow_through: Follow, tmp_path: Path
) -> None:
    learn, clock = follow_through("eight-steps", epochs=1)

    reached = learn.predictions()
    learn.load("model")
    assert len(clock.steps) == 8
    assert (tmp_path / "model.safetensors").is_file()
    assert (learn.predictions().log_probs == reached.log_probs).all()
    best = max(step.accuracy or 0 for step in clock.steps)
    accuracy = (reached.log_probs.argmax(1) == reached.labels).mean()
    assert accuracy == pytest.approx(best, abs=1e-6) or accuracy >= best


def test_divergence_in_the_last_step_keeps_the_best_weights(
    follow_through: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = ConvLearner.fit

    def fit_or_diverge(learn: ConvLearner, *args: Any, **words: Any) -> object:  # noqa: ANN401
        if not learn.model.is_backbone_frozen:
            raise DivergedError("The loss became nan.")
        return fit(learn, *args, **words)

    monkeypatch.setattr(ConvLearner, "fit", fit_or_diverge)

    _, clock = follow_through("eight-steps", epochs=1)

    assert "The best weights so far are kept" in clock.steps[-1].note


def test_steps_without_time_are_left_out(follow_through: Follow) -> None:
    plan = Plan(head_epochs=2, frozen_epochs=0, sweep_batches=0, epochs=0, num_views=0)

    learn, clock = follow_through(AsPlanned(plan))

    assert [step.epochs for step in clock.steps] == [0, 0, 2, 0, 0, 0, 0, 0]
    assert clock.steps[3].note == "Left out."
    assert clock.steps[6].note == "Left out. Going on with the rate of the head."
    assert clock.steps[6].lr == pytest.approx(layer_rates(clock.steps[1].lr[0]))
    reached = learn.predictions()
    learn.load("model")
    assert (learn.predictions().log_probs == reached.log_probs).all()


def test_a_run_on_a_budget_is_repeated_by_its_plan(
    follow_through: Follow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bit for bit: what was measured for the plan has left no trace."""
    really = Learner.measure_speeds

    def measure(learn: Learner, seconds: float, bn_frozen: bool) -> Speeds:
        assert really(learn, seconds / 1000, bn_frozen).whole > 0
        return Speeds(answer=0.1, store=0.1, head=1e-4, frozen=0.01, whole=0.01)

    monkeypatch.setattr(Learner, "measure_speeds", measure)
    most = Plan(
        head_epochs=3, frozen_epochs=1, sweep_batches=5, epochs=None, num_views=0
    )
    budget = Budget(11.6, most, elapsed=lambda: 0.0)  # time stands still
    monkeypatch.setattr("unfreeze.front.budget.MOST_EPOCHS", 6)

    learn, clock = follow_through(budget)
    chosen = budget.chosen
    assert chosen is not None
    again, clock_again = follow_through(AsPlanned(chosen))

    assert chosen == replace(most, epochs=4, further_cycles=(2,))
    assert clock.steps[7].epochs == 6
    ours, theirs = learn.model.state_dict(), again.model.state_dict()
    assert all(torch.equal(ours[name], each) for name, each in theirs.items())
    assert [step.valid_loss for step in clock.steps] == [
        step.valid_loss for step in clock_again.steps
    ]


@pytest.mark.parametrize(
    ("ratio", "expected"), [(10, [1e-4, 1e-3, 1e-2]), (3, [1e-2 / 9, 1e-2 / 3, 1e-2])]
)
def test_each_group_is_paced_by_the_ratio(ratio: float, expected: list[float]) -> None:
    assert layer_rates(1e-2, ratio) == pytest.approx(expected)


def test_one_group_gets_the_rate_itself() -> None:
    assert layer_rates(1e-2, groups=1) == [1e-2]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((1e-2, 0), "ratio .* above 0, .* got 0"),
        ((1e-2, float("nan")), "ratio .* got nan"),
        ((1e-2, "x"), "ratio .* got 'x'"),
        (("x",), "rate must be a finite number, .* got 'x'"),
        ((-1e-2,), r"rate must be .* got -0\.01"),
        ((1e-2, 10, 0), "1 layer group or more, got 0"),
        ((1e-2, 10, 2.5), r"1 layer group or more, got 2\.5"),
    ],
)
def test_rates_that_cannot_be_spread_are_refused(
    asked: tuple[Any, ...], found: str
) -> None:
    with pytest.raises(PlanError, match=found):
        layer_rates(*asked)


@pytest.mark.parametrize(
    ("lr", "tried", "num_batches", "safe"),
    [
        (8e-3, [1e-4, 1e-3, 1e-2], 5, 1e-3),  # the fourth batch was too much
        (5e-4, [1e-4, 1e-3, 1e-2], 5, 5e-4),  # far enough below
        (8e-3, [1e-4, 1e-3, 1e-2], 3, 8e-3),  # nothing happened
        (8e-3, [], 3, 8e-3),
    ],
)
def test_the_second_rate_stays_a_decade_below_an_explosion(
    lr: float, tried: list[float], num_batches: int, safe: float
) -> None:
    step = StepSummary("7")

    assert _safe(lr, tried, num_batches, step) == pytest.approx(safe)
    assert ("explodes at 1.0e-02" in step.note) == (safe != lr)


@pytest.mark.parametrize(
    ("rate", "verdict", "lowered"),
    [
        (3e-3, "single sweep", 3e-3),
        (3e-6, "single sweep", 1e-3),  # one sweep is not believed so far
        (5e-1, "single sweep", 1e-2),
        (None, "no clear minimum", 1e-2),
        (None, "nothing to gain", 1e-3),
    ],
)
def test_the_second_sweep_lowers_the_rate_by_a_decade_at_most(
    rate: float | None, verdict: Verdict, lowered: float
) -> None:
    step = StepSummary("7")
    found = Suggestion(rate, rate, rate, verdict, "As it is.")

    assert _lowered(1e-2, found, step) == pytest.approx(lowered)
    assert (f"Going on with {lowered:.1e}" in step.note) == (rate is None)


@pytest.mark.parametrize(
    ("size", "early"),
    [
        (224, 160),
        (288, 192),
        (160, 128),
        (512, 352),
        (128, 96),
        (112, None),
        (32, None),
    ],
)
def test_early_photos_have_five_sevenths_of_the_side_in_whole_maps(
    learn: ConvLearner, monkeypatch: pytest.MonkeyPatch, size: int, early: int | None
) -> None:
    monkeypatch.setattr(ImageClassifierData, "sz", size)

    assert early_size_for(learn) == early


def test_a_network_that_is_tied_to_a_size_keeps_it(
    learn: ConvLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageClassifierData, "sz", 224)
    monkeypatch.setattr(Backbone, "is_tied_to_size", True)

    assert early_size_for(learn) is None
