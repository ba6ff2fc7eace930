"""Mirrors src/unfreeze/optim/layer_optimizer.py."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam

from unfreeze.errors import PlanError
from unfreeze.optim.builders import adam, sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer, one_each

_STARTS = ((1.0, -2.0), (3.0,), (-4.0, 5.0))
_RATES = (1e-3, 1e-2, 1e-1)


def _group(values: Sequence[float]) -> nn.ParameterList:
    return nn.ParameterList([nn.Parameter(torch.tensor([v])) for v in values])


@pytest.fixture
def groups() -> list[nn.ParameterList]:
    return [_group(values) for values in _STARTS]


def _loss(groups: Sequence[nn.ParameterList]) -> Tensor:
    """A smooth bowl whose gradient is not the same anywhere."""
    weights = torch.cat([weight for group in groups for weight in group])
    return (weights**4).sum() / 100


def _learn(optimizer: LayerOptimizer, groups: Sequence[nn.ParameterList]) -> None:
    optimizer.zero_grad()
    _loss(groups).backward()
    optimizer.step()


def _values(groups: Sequence[nn.ParameterList]) -> list[list[float]]:
    return [[weight.item() for weight in group] for group in groups]


def test_each_layer_group_has_a_parameter_group_of_its_own(
    groups: list[nn.ParameterList],
) -> None:
    optimizer = LayerOptimizer(sgd, groups, _RATES, (0.0, 0.1, 0.2))

    assert [group["lr"] for group in optimizer.opt.param_groups] == list(_RATES)
    assert [g["weight_decay"] for g in optimizer.opt.param_groups] == [0.0, 0.1, 0.2]
    for own, group in zip(optimizer.opt.param_groups, groups, strict=True):
        assert all(a is b for a, b in zip(own["params"], group, strict=True))


def test_steps_equal_those_of_a_torch_optimizer_written_by_hand(
    groups: list[nn.ParameterList],
) -> None:
    twins = [_group(values) for values in _STARTS]
    oracle = SGD(
        [
            {"params": list(twin), "lr": rate, "weight_decay": 0.01}
            for twin, rate in zip(twins, _RATES, strict=True)
        ],
        momentum=0.9,
    )
    optimizer = LayerOptimizer(sgd, groups, _RATES, 0.01)

    for _ in range(4):
        _learn(optimizer, groups)
        oracle.zero_grad()
        _loss(twins).backward()
        oracle.step()

    assert _values(groups) == _values(twins)


@pytest.mark.parametrize("is_decoupled", [False, True])
@pytest.mark.parametrize("builder", [sgd, adam])
def test_frozen_weights_do_not_change_nor_decay(
    groups: list[nn.ParameterList],
    builder: Callable[..., torch.optim.Optimizer],
    is_decoupled: bool,
) -> None:
    optimizer = LayerOptimizer(builder, groups, 0.1, 0.1)
    _learn(optimizer, groups)  # leaves gradients and momentum behind
    groups[0].requires_grad_(False)
    before = _values(groups)
    if is_decoupled:
        optimizer.decouple_decay()

    for _ in range(3):
        _learn(optimizer, groups)

    after = _values(groups)
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_a_group_without_parameters_keeps_its_place_among_the_rates() -> None:
    groups = [_group([1.0]), nn.ParameterList(), _group([2.0])]

    optimizer = LayerOptimizer(sgd, groups, _RATES)
    optimizer.set_multiplier(0.5)

    assert len(optimizer.opt.param_groups) == 2
    assert optimizer.rates == pytest.approx((5e-4, 1e-2, 5e-2))


@pytest.mark.parametrize("multiplier", [1.0, 0.25, 0.0])
def test_a_multiplier_scales_all_rates_alike(
    groups: list[nn.ParameterList], multiplier: float
) -> None:
    optimizer = LayerOptimizer(sgd, groups, _RATES)

    optimizer.set_multiplier(0.1)
    optimizer.set_multiplier(multiplier)

    assert optimizer.rates == tuple(rate * multiplier for rate in _RATES)
    assert optimizer.lrs == _RATES


@pytest.mark.parametrize("rate", [1e-3, 1e-2])
def test_the_change_of_one_step_is_proportional_to_the_rate(rate: float) -> None:
    groups = [_group([3.0])]

    _learn(LayerOptimizer(partial(SGD), groups, rate), groups)

    assert 3.0 - groups[0][0].item() == pytest.approx(rate * 4 * 27 / 100, rel=1e-4)


def test_momentum_is_that_of_sgd(groups: list[nn.ParameterList]) -> None:
    optimizer = LayerOptimizer(sgd, groups, 0.1)

    optimizer.set_momentum(0.6)

    assert {group["momentum"] for group in optimizer.opt.param_groups} == {0.6}


def test_momentum_is_the_first_beta_of_adam(groups: list[nn.ParameterList]) -> None:
    optimizer = LayerOptimizer(Adam, groups, 0.1)

    optimizer.set_momentum(0.6)

    assert {g["betas"] for g in optimizer.opt.param_groups} == {(0.6, 0.999)}


@pytest.mark.parametrize("builder", [sgd, adam, Adagrad])
def test_momentum_is_put_back_also_on_an_error(
    groups: list[nn.ParameterList], builder: Callable[..., Any]
) -> None:
    optimizer = LayerOptimizer(builder, groups, 0.1)
    keys = ("momentum", "betas")
    before = [[g.get(key) for key in keys] for g in optimizer.opt.param_groups]

    def interrupted() -> None:
        with optimizer.momentum_put_back():
            if builder is not Adagrad:
                optimizer.set_momentum(0.6)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [[g.get(key) for key in keys] for g in optimizer.opt.param_groups] == before


def test_an_optimizer_without_momentum_cannot_schedule_it(
    groups: list[nn.ParameterList],
) -> None:
    optimizer = LayerOptimizer(Adagrad, groups, 0.1)

    with pytest.raises(PlanError, match="Adagrad has no momentum to schedule"):
        optimizer.set_momentum(0.6)


def test_decoupled_decay_follows_its_closed_form() -> None:
    """Without a slope, k steps leave start * (1 - rate * decay * factor) ** k."""
    groups = [_group([2.0]), _group([2.0])]
    optimizer = LayerOptimizer(sgd, groups, (0.1, 0.5), (0.2, 0.4))
    optimizer.decouple_decay()
    optimizer.decay_factor = 0.5

    for _ in range(3):
        optimizer.zero_grad()
        sum(0 * weight.sum() for group in groups for weight in group).backward()
        optimizer.step()

    assert groups[0][0].item() == pytest.approx(2 * (1 - 0.1 * 0.2 * 0.5) ** 3)
    assert groups[1][0].item() == pytest.approx(2 * (1 - 0.5 * 0.4 * 0.5) ** 3)


def test_decoupled_decay_equals_that_of_adamw(groups: list[nn.ParameterList]) -> None:
    twins = [_group(values) for values in _STARTS]
    ours = LayerOptimizer(Adam, groups, 0.1, 0.3)
    ours.decouple_decay()
    oracle = LayerOptimizer(torch.optim.AdamW, twins, 0.1, 0.3)

    for _ in range(3):
        _learn(ours, groups)
        _learn(oracle, twins)

    for mine, theirs in zip(_values(groups), _values(twins), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-6)


def test_coupled_again_it_is_as_before(groups: list[nn.ParameterList]) -> None:
    optimizer = LayerOptimizer(sgd, groups, 0.1, (0.1, 0.2, 0.3))
    optimizer.decouple_decay()
    optimizer.decay_factor = 7.0
    optimizer.couple_decay()
    twins = [_group(values) for values in _STARTS]

    _learn(optimizer, groups)
    _learn(LayerOptimizer(sgd, twins, 0.1, (0.1, 0.2, 0.3)), twins)

    assert _values(groups) == _values(twins)


@pytest.mark.parametrize(
    "value", [0.1, [0.1], (0.1,), np.array(0.1), np.array([0.1]), [0.1, 0.1, 0.1]]
)
def test_one_number_serves_all_groups_however_it_is_given(
    value: float | Sequence[float] | np.ndarray,
) -> None:
    assert one_each(value, 3, "learning rates") == (0.1, 0.1, 0.1)


def test_a_wrong_count_is_refused_by_number_and_name(
    groups: list[nn.ParameterList],
) -> None:
    message = r"2 learning rates \[0\.1, 0\.2\] for 3 layer groups"
    with pytest.raises(PlanError, match=message):
        LayerOptimizer(sgd, groups, [0.1, 0.2])
    with pytest.raises(PlanError, match="4 weight decays"):
        LayerOptimizer(sgd, groups, 0.1, np.zeros((2, 2)))


@pytest.mark.parametrize("value", [-0.1, float("nan"), [0.1, 0.2, float("inf")]])
def test_rates_that_are_no_rates_are_refused(value: float | list[float]) -> None:
    with pytest.raises(PlanError, match="must be finite and not negative"):
        one_each(value, 3, "learning rates")


@pytest.mark.parametrize("value", ["x", {}, [1e-2, "x", 1], [[1e-3], [1e-3, 1e-2]]])
def test_rates_that_are_no_numbers_are_refused_in_a_sentence(value: Any) -> None:  # noqa: ANN401
    with pytest.raises(PlanError, match=r"rates must be numbers, got .* a list of 3"):
        one_each(value, 3, "learning rates")


def test_forgetting_gradients_leaves_none_in_any_group(
    groups: list[nn.ParameterList],
) -> None:
    optimizer = LayerOptimizer(sgd, groups, _RATES)
    _loss(groups).backward()
    assert all(weight.grad is not None for group in groups for weight in group)

    optimizer.zero_grad()

    assert all(weight.grad is None for group in groups for weight in group)
