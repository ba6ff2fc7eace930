"""Mirrors src/unfreeze/models/dropout.py."""

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze.models.dropout import Dropout


@pytest.fixture(autouse=True)
def _draws(global_draws: None) -> None:
    """Dropout draws from torch's own generator."""


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
def test_the_wanted_share_is_zero_and_the_rest_is_scaled_up(p: float) -> None:
    ones = torch.ones(400, 1000)

    out = Dropout(p)(ones)

    zeros = (out == 0).float().mean().item()
    spread = (p * (1 - p) / ones.numel()) ** 0.5
    assert zeros == pytest.approx(p, abs=5 * spread)
    (scaled,) = out[out > 0].unique().tolist()
    assert scaled == pytest.approx(1 / (1 - p), rel=1e-4)  # p is a 65536th, or near it


def test_every_place_of_a_word_is_drawn_alike() -> None:
    """Numbers share words of 64 bits; none of the four places may be favoured."""
    out = Dropout(0.5)(torch.ones(200_000, 4))

    shares = (out == 0).float().mean(dim=0)
    torch.testing.assert_close(shares, torch.full((4,), 0.5), atol=0.006, rtol=0)


def test_neighbours_are_dropped_independently() -> None:
    kept = (Dropout(0.5)(torch.ones(100_000, 4)) > 0).float()

    correlations = torch.corrcoef(kept.T) - torch.eye(4)
    assert correlations.abs().max() < 0.015


def test_the_gradient_passes_where_the_number_did() -> None:
    features = torch.randn(64, 33, requires_grad=True)

    out = Dropout(0.5)(features)
    out.sum().backward()

    assert features.grad is not None
    torch.testing.assert_close(features.grad, (out != 0).float() * 2)


def test_the_same_seed_drops_the_same() -> None:
    def draw() -> torch.Tensor:
        torch.manual_seed(7)
        return Dropout(0.3)(torch.ones(5, 7))

    torch.testing.assert_close(draw(), draw())


def test_a_number_goes_where_its_sixteen_bits_are_low() -> None:
    """A seed must drop for ever what it once did, or old runs cannot be repeated."""
    features = torch.linspace(1, 2, 3 * 5).view(3, 5)  # 15 numbers take four words
    words = torch.empty(4, dtype=torch.int64)
    words.random_(-(2**63), None, generator=torch.Generator().manual_seed(11))
    bits = words.numpy().view(np.int16)[:15].reshape(3, 5).astype(int)

    torch.manual_seed(11)
    found = Dropout(0.3)(features)

    dropped = round(0.3 * 65536)
    is_kept = bits + 32768 >= dropped
    expected = np.where(is_kept, features.numpy() * (65536 / (65536 - dropped)), 0)
    assert 0 < is_kept.sum() < 15
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("layer", [Dropout(0.5).eval(), Dropout(0.0)])
def test_nothing_changes_in_evaluation_or_without_dropout(layer: nn.Module) -> None:
    features = torch.randn(3, 4)

    torch.testing.assert_close(layer(features), features)


def test_all_can_be_dropped() -> None:
    assert not Dropout(1.0)(torch.ones(3, 4)).any()


def test_half_precision_stays_half() -> None:
    assert Dropout(0.5)(torch.ones(8, 8, dtype=torch.bfloat16)).dtype is torch.bfloat16


def test_it_is_one_of_torchs_dropouts() -> None:
    assert isinstance(Dropout(0.5), nn.Dropout)
