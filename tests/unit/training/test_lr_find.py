"""Mirrors src/unfreeze/training/lr_find.py."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.data.index import ImageIndex
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.numerics.schedules import rising
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import ImageSpec
from unfreeze.tensors import Batch
from unfreeze.training import lr_find as module
from unfreeze.training.lr_find import RateSearch, find_rate
from unfreeze.training.source import FromImages, Setup

_RATIOS = (0.01, 0.1, 1.0)

Search = Callable[..., RateSearch]


@pytest.fixture
def search(model: StagedClassifier, source: FromImages, setup: Setup) -> Search:
    """Sweep 30 steps from 1e-5 to 10 over the tiny photos, unless told otherwise."""

    def run(**changes: Any) -> RateSearch:  # noqa: ANN401 - arguments of find_rate
        arguments: dict[str, Any] = {
            "model": model,
            "source": source,
            "make_optimizer": lambda: LayerOptimizer(sgd, layer_groups(model), _RATIOS),
            "schedule": rising(30, 1e-5, 10),
            "setup": setup,
        }
        return find_rate(**{**arguments, **changes})

    return run


def _losses_become(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    """Let steps report losses of our choice, and learn nothing."""
    given = iter(losses)
    monkeypatch.setattr(
        module, "train_step", lambda *args, **options: torch.tensor(next(given))
    )


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("error", [None, KeyboardInterrupt, OSError])
def test_everything_is_given_back_bit_by_bit(
    search: Search,
    model: StagedClassifier,
    state_of: Callable[[nn.Module], dict[str, bytes]],
    error: type[BaseException] | None,
    repeats: int,
) -> None:
    freeze_to(layer_groups(model), 1)
    model.head.eval()
    first = next(model.head.parameters())
    first.grad = torch.ones_like(first)
    model.eval().head.train()
    before = state_of(model), torch.get_rng_state()
    modes = [each.training for each in model.modules()]
    learning = [each.requires_grad for each in model.parameters()]

    def interrupt(done: int, total: int) -> None:
        if error is not None and done == 30 * (repeats - 1) + 5:  # in the last sweep
            raise error

    if error is None:
        search(repeats=repeats)
    else:
        with pytest.raises(error):
            search(repeats=repeats, on_step=interrupt)

    assert state_of(model) == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert [each.training for each in model.modules()] == modes
    assert [each.requires_grad for each in model.parameters()] == learning
    gradients = {id(p): p.grad for p in model.parameters() if p.grad is not None}
    assert list(gradients) == [id(first)]
    assert torch.equal(gradients[id(first)], torch.ones_like(first))


def test_an_interrupted_search_leaves_no_threads(
    search: Search, make_setup: Callable[..., Setup]
) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        search(setup=make_setup(num_workers=2), on_step=interrupt)

    assert threading.active_count() == before


def test_an_optimizer_that_is_there_already_is_left_alone(
    search: Search, model: StagedClassifier
) -> None:
    optimizer = LayerOptimizer(sgd, layer_groups(model), 0.1)
    before = repr(optimizer.opt.state_dict())

    search()

    assert repr(optimizer.opt.state_dict()) == before
    assert optimizer.rates == (0.1, 0.1, 0.1)


def test_rates_rise_by_a_constant_ratio_and_groups_keep_theirs(search: Search) -> None:
    found = search()

    heads = np.array([row.rates[-1] for row in found.history.steps])
    assert heads[0] == pytest.approx(1e-5)
    np.testing.assert_allclose(heads[1:] / heads[:-1], 1e6 ** (1 / 29))
    for row in found.history.steps:
        assert row.rates == pytest.approx([r * row.rates[-1] for r in _RATIOS])
    assert found.curves[0].rates == heads.tolist()
    assert found.curves[0].losses == [row.loss for row in found.history.steps]


def test_the_answer_is_the_same_each_time(search: Search) -> None:
    first, second = search(repeats=2), search(repeats=2)

    for curve, again in zip(first.curves, second.curves, strict=True):
        assert curve.losses == again.losses
    assert first.suggestion == second.suggestion


def test_threads_do_not_change_the_answer(
    search: Search, make_setup: Callable[..., Setup]
) -> None:
    plain, threaded = search(), search(setup=make_setup(num_workers=3))

    assert plain.curves[0].losses == threaded.curves[0].losses


def test_repeats_see_other_batches(search: Search) -> None:
    found = search(repeats=3)

    firsts = {curve.losses[0] for curve in found.curves}
    assert len(found.curves) == len(firsts) == 3


def test_five_batches_suffice(
    search: Search, make_index: Callable[..., ImageIndex], spec: ImageSpec
) -> None:
    found = search(
        source=FromImages(make_index(20), spec), schedule=rising(100, 1e-6, 1)
    )

    assert len(found.history) == 100


@pytest.mark.parametrize(
    ("batch_size", "epoch"), [(4, [4, 4, 4, 4, 4, 2]), (7, [7, 7, 4, 4]), (64, [22])]
)
def test_a_search_goes_over_the_photos_as_often_as_it_needs(
    search: Search,
    make_setup: Callable[..., Setup],
    monkeypatch: pytest.MonkeyPatch,
    batch_size: int,
    epoch: list[int],
) -> None:
    sizes: list[int] = []

    def note_size(
        _: object, __: object, batch: Batch, *rest: object, **more: object
    ) -> Tensor:
        sizes.append(len(batch))
        return torch.tensor(1.0)

    monkeypatch.setattr(module, "train_step", note_size)
    search(setup=make_setup(batch_size=batch_size))

    assert sizes == (epoch * 30)[:30]


def test_the_suggestion_lies_in_the_clear_fall_of_the_loss(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flat up to 1e-3, lowest at 0.1, ruin beyond."""
    decades = np.linspace(-5, 1, 100)
    falling = 2 - 0.75 * np.clip(decades + 3, 0, 2)
    losses = falling + 5 * np.clip(decades + 1, 0, None)
    _losses_become(monkeypatch, losses.tolist())

    found = search(schedule=rising(100, 1e-5, 10))

    assert found.suggestion.rate is not None
    assert 1e-3 <= found.suggestion.rate <= 0.05


def test_a_hopeless_sweep_ends_when_a_second_batch_says_so(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 15 losses of 1, the mean that 500 brings is above 4 times the best."""
    _losses_become(monkeypatch, [1.0] * 15 + [500.0] * 2)

    found = search()

    assert found.curves[0].losses == [1.0] * 15 + [500.0]


@pytest.mark.parametrize("hard", [0.3, 2.0, 15.0])
def test_one_hard_photo_does_not_end_the_sweep_of_a_network_that_knows_all(
    search: Search, monkeypatch: pytest.MonkeyPatch, hard: float
) -> None:
    losses = [0.008] * 8 + [hard] + [0.008] * 16
    _losses_become(monkeypatch, losses)

    found = search(schedule=rising(25, 1e-6, 1))

    assert found.curves[0].losses == pytest.approx(losses)


def test_an_explosion_ends_the_sweep_of_such_a_network_too(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    _losses_become(monkeypatch, [0.008] * 15 + [0.1, 0.6, 3.0, 9.0, 50.0])

    found = search(schedule=rising(25, 1e-6, 1))

    assert len(found.curves[0].losses) == 18
    assert found.suggestion.verdict == "nothing to gain"


@pytest.mark.parametrize("ruin", [float("nan"), float("inf")])
@pytest.mark.parametrize("count", [0, 3])
def test_a_loss_that_is_no_number_ends_a_sweep(
    search: Search, monkeypatch: pytest.MonkeyPatch, ruin: float, count: int
) -> None:
    _losses_become(monkeypatch, [1.0] * count + [ruin])

    found = search()

    assert found.curves[0].losses == [1.0] * count
    assert found.suggestion.rate is None


def test_a_lucky_first_batch_does_not_end_the_sweep_of_a_good_model(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = [0.001] + [0.05] * 29
    _losses_become(monkeypatch, losses)

    found = search()

    assert found.curves[0].losses == pytest.approx(losses)


def test_progress_is_reported_over_all_sweeps(search: Search) -> None:
    told: list[tuple[int, int]] = []

    search(
        schedule=rising(5, 1e-5, 1e-3),
        repeats=2,
        on_step=lambda done, total: told.append((done, total)),
    )

    assert told == [(done, 10) for done in range(1, 11)]


def test_frozen_statistics_stay_frozen_during_the_sweep(
    search: Search, model: StagedClassifier
) -> None:
    seen: list[Tensor] = []
    mean = model.backbone.network.stem[1].running_mean

    search(bn_frozen=True, on_step=lambda *_: seen.append(mean.clone()))

    assert all(torch.equal(each, mean) for each in seen)


def test_gradients_are_clipped_during_the_sweep(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float | None] = []
    original = module.train_step

    def note_limit(*args: Any, **options: Any) -> Tensor:  # noqa: ANN401
        limits.append(options["clip_norm"])
        return original(*args, **options)

    monkeypatch.setattr(module, "train_step", note_limit)
    search(clip_norm=0.5, schedule=rising(3, 1e-5, 1e-3))

    assert limits == [0.5] * 3


def test_one_photo_is_too_few(
    search: Search, make_index: Callable[..., ImageIndex], spec: ImageSpec
) -> None:
    with pytest.raises(PlanError, match="1 training images are too few"):
        search(source=FromImages(make_index(1), spec))


def test_a_search_has_one_sweep_at_least(search: Search) -> None:
    with pytest.raises(PlanError, match="repeats must be 1 or more, got 0"):
        search(repeats=0)


def test_a_search_in_little_memory_finds_the_same(
    search: Search,
    model: StagedClassifier,
    state_of: Callable[[nn.Module], dict[str, bytes]],
    memory_for: Callable[..., Any],
) -> None:
    """Up to rounding; statistics are frozen, which pieces would change."""
    whole = search(bn_frozen=True, schedule=rising(20, 1e-4, 1e-1))
    before = state_of(model)

    with memory_for(model, 1) as sizes:
        found = search(bn_frozen=True, schedule=rising(20, 1e-4, 1e-1))

    assert sizes[:3] == [4, 2, 1]
    assert max(sizes[2:]) == 1
    np.testing.assert_allclose(
        found.curves[0].losses, whole.curves[0].losses, rtol=1e-4
    )
    assert state_of(model) == before


def test_a_search_without_memory_gives_everything_back(
    search: Search,
    model: StagedClassifier,
    state_of: Callable[[nn.Module], dict[str, bytes]],
    memory_for: Callable[..., Any],
) -> None:
    before = state_of(model)

    with memory_for(model, 0), pytest.raises(PlanError, match="too small even for 2"):
        search()

    assert state_of(model) == before
