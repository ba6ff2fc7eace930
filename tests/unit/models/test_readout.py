"""Mirrors src/unfreeze/models/readout.py."""

import pytest
import torch
from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.models.readout import Layout, cut_stages, read_features, readout_of


class _Stub(nn.Module):
    """Answers like a timm network, with features of any shape."""

    def __init__(self, *shape: int, num_features: int = 5) -> None:
        super().__init__()
        self.shape = shape
        self.num_features = num_features
        self.pretrained_cfg = {"input_size": (3, 224, 224)}

    def forward_features(self, images: Tensor) -> Tensor:
        return images.new_zeros(self.shape)


@pytest.mark.parametrize(
    ("shape", "layout", "num_prefix_tokens"),
    [
        ((1, 5, 3, 3), Layout.MAP, 0),
        ((1, 3, 3, 5), Layout.CHANNELS_LAST_MAP, 0),
        ((1, 49, 5), Layout.TOKENS, 0),
        ((1, 1 + 49, 5), Layout.TOKENS, 1),
        ((1, 5 + 196, 5), Layout.TOKENS, 5),
    ],
)
def test_layout_and_prefix_are_seen_in_the_output(
    shape: tuple[int, ...], layout: Layout, num_prefix_tokens: int
) -> None:
    readout = readout_of(_Stub(*shape), "stub", size=32, last_stage=None)

    assert readout.layout is layout
    assert readout.num_features == 5
    assert readout.num_prefix_tokens == num_prefix_tokens


@pytest.mark.parametrize("shape", [(1, 5), (1, 7, 3, 3), (1, 49, 7)])
def test_other_outputs_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PlanError, match="stub does not hand out feature maps or"):
        readout_of(_Stub(*shape), "stub", size=32, last_stage=None)


def test_a_size_that_cannot_be_read_is_refused_with_the_networks_own() -> None:
    class TooSmall(_Stub):
        def forward_features(self, images: Tensor) -> Tensor:
            return torch.nn.functional.conv2d(images, images.new_zeros(1, 3, 64, 64))

    with pytest.raises(PlanError, match=r"images of 32 pixels .*own size is 224"):
        readout_of(TooSmall(1, 5, 3, 3), "stub", size=32, last_stage=None)


def test_nothing_is_cut_unless_asked() -> None:
    assert cut_stages(_Stub(1, 5, 3, 3), "stub", 0) is None


def test_a_network_without_stages_cannot_be_cut() -> None:
    with pytest.raises(PlanError, match="stub cannot be cut short"):
        cut_stages(_Stub(1, 5, 3, 3), "stub", 1)


def test_a_stated_number_of_prefix_tokens_is_believed() -> None:
    """Four image tokens behind a class token and four registers make a square, too."""
    network = _Stub(1, 5 + 4, 5)
    network.num_prefix_tokens = 5

    assert readout_of(network, "stub", size=32, last_stage=None).num_prefix_tokens == 5


def test_reading_runs_the_network() -> None:
    network = _Stub(2, 5, 3, 3)

    output = read_features(network, torch.zeros(2, 3, 8, 8), last_stage=None)

    assert output.shape == (2, 5, 3, 3)
