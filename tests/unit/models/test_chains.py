"""Mirrors src/unfreeze/models/chains.py."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from unfreeze.models.chains import Chain, chains_of

IMAGE = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture(autouse=True)
def _weights_of_its_own() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


def _names(network: nn.Module) -> list[tuple[str, str, str | None]]:
    with torch.no_grad():
        chains, _ = chains_of(network.eval(), IMAGE)
    return [(chain.conv, chain.norm, chain.relu) for chain in chains]


class _Block(nn.Module):
    """A residual block, with its modules declared in another order than they run."""

    def __init__(self, *, adds_in_place: bool) -> None:
        super().__init__()
        self.last_relu = nn.ReLU(inplace=True)
        self.norm2 = nn.BatchNorm2d(3)
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Identity()
        self.norm1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 3, 1, bias=False)
        self._adds_in_place = adds_in_place

    def forward(self, images: Tensor) -> Tensor:
        inner = self.relu(self.drop(self.norm1(self.conv1(images))))
        inner = self.norm2(self.conv2(inner))
        if self._adds_in_place:
            inner += images
        else:
            inner = inner + images
        return self.last_relu(inner)


@pytest.mark.parametrize("adds_in_place", [False, True])
def test_a_relu_behind_a_sum_belongs_to_no_norm(adds_in_place: bool) -> None:
    assert _names(_Block(adds_in_place=adds_in_place)) == [
        ("conv1", "norm1", "relu"),
        ("conv2", "norm2", None),
    ]


def test_the_output_and_the_shapes_come_along() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()

    with torch.no_grad():
        chains, output = chains_of(network, IMAGE)
        expected = network(IMAGE)

    assert chains == [Chain(conv="0", norm="1", input_shape=(1, 3, 8, 8))]
    assert torch.equal(output, expected)


def test_modules_that_run_twice_are_left_alone() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)
            self.norm = nn.BatchNorm2d(3)

        def forward(self, images: Tensor) -> Tensor:
            return self.norm(self.conv(self.norm(self.conv(images))))

    assert _names(Twice()) == []


class _Shifted(nn.Conv2d):
    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) + 1


@pytest.mark.parametrize(
    "conv",
    [
        _Shifted(3, 4, 3),
        nn.Conv2d(3, 4, 3, padding="same"),
        nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),
    ],
    ids=["a class of its own", "padding by name", "other padding"],
)
def test_convolutions_with_ways_of_their_own_are_left_alone(conv: nn.Module) -> None:
    assert _names(nn.Sequential(conv, nn.BatchNorm2d(4))) == []


def test_norms_without_statistics_or_without_a_convolution_are_left_alone() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4, track_running_stats=False),
        nn.ReLU(),
        nn.BatchNorm2d(4),
    )

    assert _names(network) == []
