"""Mirrors src/unfreeze/training/boundary.py."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import pytest
import torch
from torch import Tensor
from typing_extensions import override

from unfreeze.data.index import ImageIndex
from unfreeze.errors import DivergedError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.numerics.schedules import cosine_restarts
from unfreeze.optim.builders import OptimizerBuilder, adam, sgd
from unfreeze.training.boundary import Boundary, PastFit
from unfreeze.training.callbacks.base import Callback, RunView
from unfreeze.training.evaluate import evaluate
from unfreeze.training.loop import Fit
from unfreeze.training.source import FromImages, Setup

MakeModel = Callable[..., StagedClassifier]
MakeFit = Callable[..., Fit]


@pytest.fixture
def make_cycles(
    make_fit: MakeFit, make_model: MakeModel, source: FromImages, setup: Setup
) -> MakeFit:
    """Two cycles, of one epoch and of two, with a fresh model."""

    def make(
        builder: OptimizerBuilder = sgd,
        *,
        frozen_to: int = 0,
        **changes: Any,  # noqa: ANN401 - fields of Fit
    ) -> Fit:
        model = make_model()
        freeze_to(layer_groups(model), frozen_to)
        steps = -(-len(source) // setup.loading.batch_size)
        schedule = cosine_restarts(steps, 2, 1, 2.0)
        return make_fit(
            model=model, builder=builder, epochs=3, **{"schedule": schedule} | changes
        )

    return make


@dataclass(frozen=True)
class Moment:
    """A boundary as a file keeps it: copies, and rows."""

    past: PastFit

    @classmethod
    def of(cls, boundary: Boundary) -> "Moment":
        history = boundary.view.history
        return cls(
            PastFit(
                steps=list(history.steps),
                epochs=list(history.epochs),
                seconds=boundary.seconds,
                is_over=boundary.is_over,
                # In the order of memory of a file, which has only one.
                tensors={
                    name: tensor.detach().clone(memory_format=torch.contiguous_format)
                    for name, tensor in boundary.tensors().items()
                },
            )
        )


def run_and_keep(fit_with: Callable[..., Fit]) -> tuple[Fit, list[Moment]]:
    moments: list[Moment] = []
    fit = fit_with(keep=lambda boundary: moments.append(Moment.of(boundary)))
    fit.run()
    return fit, moments


def state_of(fit: Fit) -> dict[str, Tensor]:
    return fit.model.state_dict()


def rows_of(fit: Fit) -> list[object]:
    epochs = [
        (row.epoch, row.train_loss, row.valid_loss, dict(row.metrics), row.num_images)
        for row in fit.history.epochs
    ]
    return [*fit.history.steps, *epochs]


@pytest.mark.parametrize("builder", [sgd, adam])
@pytest.mark.parametrize("frozen_to", [0, 1, -1])
def test_a_fit_goes_on_exactly_from_every_boundary(
    make_cycles: MakeFit, builder: OptimizerBuilder, frozen_to: int
) -> None:
    """Weights, statistics and rows, bit for bit, from any step and any epoch's end."""

    def fit_with(**changes: object) -> Fit:
        return make_cycles(builder, frozen_to=frozen_to, **changes)

    whole, moments = run_and_keep(fit_with)

    steps = whole.schedule.num_steps
    assert len(moments) == steps + 3
    for moment in moments:
        again = fit_with(past=moment.past)
        again.run()
        assert rows_of(again) == rows_of(whole)
        for name, tensor in state_of(whole).items():
            assert tensor.equal(state_of(again)[name]), name


def test_early_epochs_on_smaller_photos_go_on_exactly(
    make_cycles: MakeFit, source: FromImages
) -> None:
    spec = dataclasses.replace(source.spec, size=source.spec.size // 2)
    small = dataclasses.replace(source, spec=spec)

    def fit_with(**changes: object) -> Fit:
        return make_cycles(early=small, early_epochs={1}, **changes)

    whole, moments = run_and_keep(fit_with)

    assert rows_of(whole) != rows_of(run_and_keep(make_cycles)[0])
    for moment in moments[::2]:
        again = fit_with(past=moment.past)
        again.run()
        assert rows_of(again) == rows_of(whole)
        assert all(
            each.equal(state_of(again)[n]) for n, each in state_of(whole).items()
        )


def test_a_fit_that_is_over_learns_nothing_more(make_cycles: MakeFit) -> None:
    whole, moments = run_and_keep(make_cycles)
    asked: list[StagedClassifier] = []

    again = make_cycles(past=moments[-1].past, validate=asked.append)
    again.run()

    assert not asked
    assert rows_of(again) == rows_of(whole)
    assert all(each.equal(state_of(again)[n]) for n, each in state_of(whole).items())


def test_a_backbone_that_does_not_learn_is_not_kept(make_cycles: MakeFit) -> None:
    _, moments = run_and_keep(lambda **words: make_cycles(frozen_to=-1, **words))

    names = moments[0].past.tensors
    assert any(name.startswith("model.head.") for name in names)
    assert not any("backbone" in name for name in names)


@final
class _Notes(Callback):
    """Notes what it is told of."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    @override
    def on_train_begin(self, run: RunView) -> None:
        self.told.append(("begin", len(run.history)))

    @override
    def on_epoch_end(self, run: RunView) -> None:
        self.told.append(("epoch", run.last.epoch, len(run.history)))

    @override
    def on_cycle_end(self, run: RunView, cycle: int) -> None:
        self.told.append(("cycle", cycle))

    @override
    def on_epoch_again(self, run: RunView) -> None:
        self.told.append(("again", run.last.epoch, len(run.history)))

    @override
    def on_cycle_again(self, run: RunView, cycle: int) -> None:
        self.told.append(("cycle again", cycle))


def test_callbacks_take_up_what_they_have_not_seen(make_cycles: MakeFit) -> None:
    whole, moments = run_and_keep(make_cycles)
    per_epoch = whole.schedule.num_steps // 3
    behind_first = next(each for each in moments if len(each.past.epochs) == 1)
    notes = _Notes()

    make_cycles(past=behind_first.past, callbacks=[notes]).run()

    assert notes.told == [
        ("again", 0, per_epoch),
        ("cycle again", 0),
        ("begin", per_epoch),
        ("epoch", 1, 2 * per_epoch),
        ("epoch", 2, 3 * per_epoch),
        ("cycle", 1),
    ]


def test_a_fit_that_diverges_returns_to_the_weights_it_would_have(
    make_cycles: MakeFit, source: FromImages, setup: Setup, index: ImageIndex
) -> None:
    """Those of the beginning of the epoch, although it was taken up in its middle."""
    _, moments = run_and_keep(make_cycles)
    inside = next(
        each.past
        for each in moments
        if len(each.past.epochs) == 1 and each.past.steps_of_running_epoch == 2
    )
    before = next(each.past for each in moments if len(each.past.epochs) == 1)

    def worthless(model: StagedClassifier) -> object:
        found = evaluate(model, source, index.labels, setup, [])
        return dataclasses.replace(found, loss=float("nan"))

    again = make_cycles(past=inside, validate=worthless)
    with pytest.raises(DivergedError):
        again.run()

    for name, tensor in state_of(again).items():
        assert tensor.equal(before.tensors[f"model.{name}"]), name
