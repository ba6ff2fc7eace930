"""Mirrors src/unfreeze/models/linear.py."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from unfreeze.models.linear import Linear

_ROWS, _INPUTS, _WIDE, _NARROW = 24, 40, 128, 127


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _layer(outputs: int) -> Linear:
    layer = Linear(_INPUTS, outputs, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.copy_(_drawn(outputs, _INPUTS, seed=1))
        layer.bias.copy_(_drawn(outputs, seed=2))
    return layer


def _rounded(numbers: Tensor) -> Tensor:
    """The nearest numbers of eight significant bits, ties to even, in float64.

    ``frexp`` puts a number between a half and 1, whose eight bits are 256ths.
    """
    shares, exponents = torch.frexp(numbers.double())
    return torch.ldexp(torch.round(shares * 256) / 256, exponents)


def _learn(layer: nn.Linear, inputs: Tensor, gradient: Tensor) -> list[Tensor]:
    """Outputs under autocast, and the gradients of inputs, weight and bias."""
    inputs = inputs.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        outputs = layer(inputs)
    outputs.backward(gradient)
    found = [outputs.detach(), inputs.grad, layer.weight.grad, layer.bias.grad]
    assert all(each is not None for each in found)
    return [each for each in found if each is not None]


def test_learning_rounds_factors_and_products_and_nothing_else() -> None:
    """The oracle multiplies rounded factors in double precision.

    Adding up in single precision and rounding a product to eight bits is within a
    256th of the exact one; the bias and its gradient are not rounded at all.
    """
    layer, inputs = _layer(_WIDE), _drawn(_ROWS, _INPUTS, seed=3)
    gradient = _drawn(_ROWS, _WIDE, seed=4)

    outputs, of_inputs, of_weight, of_bias = _learn(layer, inputs, gradient)

    x, w, g = (_rounded(each) for each in (inputs, layer.weight.detach(), gradient))
    bias = layer.bias.detach()
    assert {outputs.dtype, of_inputs.dtype, of_weight.dtype} == {torch.float32}
    for found, exact in (
        (outputs.double() - bias, x @ w.T),
        (of_inputs.double(), g @ w),
        (of_weight.double(), g.T @ x),
    ):
        torch.testing.assert_close(found, exact, rtol=2**-8, atol=1e-5)
    by_hand = gradient.double().sum(0)
    torch.testing.assert_close(of_bias.double(), by_hand, rtol=1e-5, atol=1e-5)


def test_the_gradients_are_those_of_exact_products_but_for_the_rounding() -> None:
    layer, inputs = _layer(_WIDE), _drawn(_ROWS, _INPUTS, seed=3)
    gradient = _drawn(_ROWS, _WIDE, seed=4)
    exact = copy.deepcopy(layer).double()
    x = inputs.double().requires_grad_()
    functional.linear(x, exact.weight, exact.bias).backward(gradient.double())

    _, of_inputs, of_weight, _ = _learn(layer, inputs, gradient)

    for found, expected in ((of_inputs, x.grad), (of_weight, exact.weight.grad)):
        assert expected is not None
        error = (found - expected).norm() / expected.norm()
        assert 1e-4 < error < 2**-8  # it was rounded, and no more than that


@pytest.mark.parametrize("outputs", [1, 2, _NARROW])
def test_few_outputs_are_never_rounded(outputs: int) -> None:
    layer, inputs = _layer(outputs), _drawn(_ROWS, _INPUTS, seed=3)
    twin = nn.Linear(_INPUTS, outputs, device="meta").to_empty(device="cpu")
    twin.load_state_dict(layer.state_dict())
    gradient = _drawn(_ROWS, outputs, seed=4)
    x = inputs.clone().requires_grad_()
    expected = twin(x)
    expected.backward(gradient)

    found = _learn(layer, inputs, gradient)

    grads = [x.grad, twin.weight.grad, twin.bias.grad]
    assert torch.equal(found[0], expected)
    for each, own in zip(found[1:], grads, strict=True):
        assert own is not None
        assert torch.equal(each, own)


@pytest.mark.parametrize("is_autocast", [False, True])
def test_evaluation_is_in_single_precision_whatever_the_autocast(
    is_autocast: bool,
) -> None:
    layer, inputs = _layer(_WIDE).eval(), _drawn(_ROWS, _INPUTS, seed=3)

    with torch.autocast("cpu", torch.bfloat16, enabled=is_autocast):
        found = layer(inputs)

    expected = inputs.double() @ layer.weight.double().T + layer.bias.double()
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)


def test_learning_without_autocast_is_in_single_precision() -> None:
    layer, inputs = _layer(_WIDE).train(), _drawn(_ROWS, _INPUTS, seed=3)

    found = layer(inputs)

    assert torch.equal(found, functional.linear(inputs, layer.weight, layer.bias))


def test_inputs_and_weights_that_do_not_learn_get_no_gradient() -> None:
    layer = _layer(_WIDE)
    layer.weight.requires_grad_(False)
    inputs = _drawn(_ROWS, _INPUTS, seed=3)

    with torch.autocast("cpu", torch.bfloat16):
        layer(inputs).sum().backward()

    assert layer.weight.grad is None
    assert inputs.grad is None
    torch.testing.assert_close(layer.bias.grad, torch.full((_WIDE,), float(_ROWS)))


def test_it_is_one_of_torchs_linear_layers() -> None:
    layer = _layer(3)

    assert isinstance(layer, nn.Linear)
    assert list(layer.state_dict()) == ["weight", "bias"]
