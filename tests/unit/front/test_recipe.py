"""Mirrors src/unfreeze/front/recipe.py."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from unfreeze.errors import DivergedError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.recipe import Recipe, follow, layer_rates
from unfreeze.front.steps import StepClock
from unfreeze.training.runtime import PlainRuntime

Follow: TypeAlias = Callable[..., tuple[ConvLearner, StepClock]]


@pytest.fixture
def follow_through(data: ImageClassifierData, tmp_path: Path) -> Follow:
    def follow_recipe(
        recipe: Recipe,
        **words: Any,  # noqa: ANN401  # handed on
    ) -> tuple[ConvLearner, StepClock]:
        clock = StepClock(lambda line: None, time.perf_counter())
        output = Output(write=lambda line: None, has_bar=False)
        learn = follow(
            "unfreeze_nano",
            data,
            clock,
            recipe=recipe,
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


@pytest.mark.parametrize(
    ("ratio", "expected"), [(10, [1e-4, 1e-3, 1e-2]), (3, [1e-2 / 9, 1e-2 / 3, 1e-2])]
)
def test_each_group_is_paced_by_the_ratio(ratio: float, expected: list[float]) -> None:
    assert layer_rates(1e-2, ratio) == pytest.approx(expected)


def test_one_group_gets_the_rate_itself() -> None:
    assert layer_rates(1e-2, groups=1) == [1e-2]
