"""Mirrors src/unfreeze/training/speeds.py."""

from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.augment.pipeline import Augmentation
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_groups, layer_groups
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.tensors import Batch
from unfreeze.training import speeds as module
from unfreeze.training.source import FromFeatures, FromImages, Setup
from unfreeze.training.speeds import Speeds, measure_speeds, pace

Measure = Callable[..., Speeds]
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@pytest.fixture
def measure(
    model: StagedClassifier,
    source: FromImages,
    augmentation: Augmentation,
    setup: Setup,
) -> Measure:
    """Take about a hundredth of a second, unless told otherwise."""
    varied = FromImages(source.index, source.spec, augmentation)

    def run(**changes: Any) -> Speeds:  # noqa: ANN401  # arguments of measure_speeds
        arguments: dict[str, Any] = {
            "plain": source,
            "stored": source,
            "augmented": varied,
            "make_optimizer": lambda: LayerOptimizer(sgd, layer_groups(model), 0.1),
            "setup": setup,
            "seconds": 0.01,
        }
        return measure_speeds(model, **arguments | changes)

    return run


# --- the arithmetic ----------------------------------------------------------------


def paced(
    lengths: list[int], seconds: list[float], limit: float, warm_up: int = 1
) -> float:
    """Let a clock stand still but for the steps, which take ``seconds``."""
    passed = [0.0]
    durations = iter(seconds)

    def step(batch: Batch) -> None:
        passed[0] += next(durations)

    batches = (Batch(torch.zeros(n, 1), None, np.arange(n)) for n in lengths)
    return pace(batches, step, limit, lambda: passed[0], warm_up=warm_up)


def test_the_first_batch_warms_up_and_the_others_count() -> None:
    found = paced([4, 4, 4, 2, 4], [5.0, 1.0, 1.5, 0.5, 99.0], limit=8.0)

    assert found == pytest.approx(3 / 10)


def test_the_first_batch_counts_where_it_takes_the_whole_time() -> None:
    assert paced([4, 4], [6.0, 99.0], limit=5.0) == pytest.approx(6 / 4)


def test_one_batch_counts_behind_those_that_warm_up_however_late_it_is() -> None:
    lengths, seconds = [4, 4, 4, 4], [3.0, 2.5, 2.0, 99.0]

    assert paced(lengths, seconds, limit=4.0, warm_up=2) == pytest.approx(2 / 4)


# --- the measurements --------------------------------------------------------------


def test_speeds_are_times_of_a_photo(measure: Measure) -> None:
    assert all(0 < each < 1 for each in astuple(measure()))


def test_each_part_learns_in_its_turn(
    measure: Measure, model: StagedClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[type, bool, bool]] = []
    train_step = module.train_step

    def noted(
        model: StagedClassifier,
        source: object,
        *args: Any,  # noqa: ANN401  # handed on
        **words: Any,  # noqa: ANN401
    ) -> Tensor:
        is_varied = getattr(source, "augmentation", None) is not None
        seen.append((type(source), is_varied, model.is_backbone_frozen))
        return train_step(model, source, *args, **words)

    monkeypatch.setattr(module, "train_step", noted)

    measure()

    assert list(dict.fromkeys(seen)) == [
        (FromFeatures, False, True),
        (FromImages, True, True),
        (FromImages, True, False),
    ]


@pytest.mark.parametrize("bn_frozen", [False, True])
def test_batch_norms_learn_as_they_will(
    measure: Measure,
    model: StagedClassifier,
    monkeypatch: pytest.MonkeyPatch,
    bn_frozen: bool,
) -> None:
    """Those of the head always do while it learns alone."""
    seen: set[tuple[bool, bool]] = set()
    train_step = module.train_step

    def noted(*args: Any, **words: Any) -> Tensor:  # noqa: ANN401  # handed on
        norms = [each for each in model.modules() if isinstance(each, _BATCH_NORMS)]
        seen.add((model.is_backbone_frozen, any(each.training for each in norms)))
        return train_step(*args, **words)

    monkeypatch.setattr(module, "train_step", noted)

    measure(bn_frozen=bn_frozen)

    assert seen == {(True, True), (False, not bn_frozen)}


def test_small_sets_are_gone_through_again(
    measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six batches make an epoch; a clock of whole steps sees to nineteen of them."""
    ticks = iter(range(10**6))
    original = module.pace

    def twenty(
        batches: Iterator[Batch],
        step: Any,  # noqa: ANN401
        limit: float,
        warm_up: int = 1,
    ) -> float:
        del limit
        return original(batches, step, 20, lambda: next(ticks), warm_up=warm_up)

    monkeypatch.setattr(module, "pace", twenty)

    found = measure()

    expected = pytest.approx(18 / (3 * 22 + 4 - 4))
    assert found.answer == expected
    assert found.store == expected


def test_progress_is_told(measure: Measure) -> None:
    told: list[tuple[int, int]] = []

    measure(on_progress=lambda done, total: told.append((done, total)))

    assert told == [(done, 5) for done in range(5)]


@pytest.mark.parametrize("interrupted_at", [None, 1, 4])
def test_everything_is_as_it_was(
    measure: Measure,
    model: StagedClassifier,
    state_of: Callable[[nn.Module], dict[str, bytes]],
    interrupted_at: int | None,
) -> None:
    groups = layer_groups(model)
    freeze_groups(groups, [0])
    model.train()
    model.head.eval()
    first = next(model.head.parameters())
    first.grad = torch.ones_like(first)
    before = (
        state_of(model),
        [each.requires_grad for each in model.parameters()],
        [each.training for each in model.modules()],
        [each.grad is None for each in model.parameters()],
    )
    random_state = torch.get_rng_state()

    def interrupt(done: int, total: int) -> None:
        if done == interrupted_at:
            raise KeyboardInterrupt

    if interrupted_at is None:
        measure()
    else:
        with pytest.raises(KeyboardInterrupt):
            measure(on_progress=interrupt)

    assert before == (
        state_of(model),
        [each.requires_grad for each in model.parameters()],
        [each.training for each in model.modules()],
        [each.grad is None for each in model.parameters()],
    )
    assert torch.equal(torch.get_rng_state(), random_state)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_no_time_is_refused(measure: Measure, seconds: float) -> None:
    with pytest.raises(PlanError, match="needs some time"):
        measure(seconds=seconds)
