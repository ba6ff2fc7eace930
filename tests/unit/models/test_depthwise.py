"""Mirrors src/unfreeze/models/depthwise.py."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from unfreeze.models.depthwise import keep_gradients_fast


@pytest.fixture(autouse=True)
def _weights_of_its_own() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        yield


def _images() -> Tensor:
    return torch.randn(2, 8, 12, 12, generator=torch.Generator().manual_seed(1))


def _strided() -> nn.Conv2d:
    return nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8)


def _learned(conv: nn.Conv2d, images: Tensor) -> tuple[Tensor, Tensor]:
    """What a step in half precision makes of it: output and gradient."""
    with torch.autocast("cpu", torch.bfloat16):
        output = conv(images)
    output.float().square().sum().backward()
    assert conv.weight.grad is not None
    return output.detach(), conv.weight.grad


def test_it_learns_in_single_precision() -> None:
    conv = _strided()
    plain = copy.deepcopy(conv)
    keep_gradients_fast(conv)

    output, gradient = _learned(conv, _images())

    right = plain(_images())
    right.square().sum().backward()
    assert output.dtype == torch.float32
    assert torch.equal(output, right)
    assert torch.equal(gradient, plain.weight.grad)


def test_it_answers_in_half_precision_as_before() -> None:
    conv = _strided()
    plain = copy.deepcopy(conv)
    keep_gradients_fast(conv)

    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(conv(_images()), plain(_images()))
        assert conv(_images()).dtype == torch.bfloat16


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(8, 8, 3, groups=8),
        nn.Conv2d(8, 8, 3, stride=2),
        nn.Conv2d(8, 8, 3, stride=2, groups=4),
        nn.Conv2d(1, 8, 3, stride=2),
    ],
    ids=["no stride", "not depthwise", "by groups", "one channel"],
)
def test_other_convolutions_stay_in_half_precision(conv: nn.Conv2d) -> None:
    network = nn.Sequential(conv)
    keep_gradients_fast(network)

    output, _ = _learned(conv, _images()[:, : conv.in_channels])

    assert output.dtype == torch.bfloat16


def test_a_copy_computes_with_its_own_weights() -> None:
    network = nn.Sequential(_strided())
    keep_gradients_fast(network)
    twin = copy.deepcopy(network)
    with torch.no_grad():
        twin[0].weight.zero_()
        twin[0].bias.zero_()

    assert list(twin.state_dict()) == ["0.weight", "0.bias"]
    assert not twin(_images()).any()
    assert network(_images()).any()
