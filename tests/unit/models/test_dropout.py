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


@pytest.mark.parametrize(("p", "places"), [(0.5, 8), (0.3, 4)])
def test_every_place_of_a_word_is_drawn_alike_and_by_itself(
    p: float, places: int
) -> None:
    """Numbers share words of 64 bits; no place may be favoured, or know another."""
    kept = (Dropout(p)(torch.ones(200_000, places)) > 0).float()

    shares = kept.mean(dim=0)
    torch.testing.assert_close(shares, torch.full((places,), 1 - p), atol=0.006, rtol=0)
    correlations = torch.corrcoef(kept.T) - torch.eye(places)
    assert correlations.abs().max() < 0.012


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


@pytest.mark.parametrize(
    ("p", "bits", "num_words"), [(0.25, np.int8, 2), (0.3, np.int16, 4)]
)
def test_a_number_goes_where_its_bits_are_low(
    p: float, bits: type[np.signedinteger], num_words: int
) -> None:
    """15 numbers take two words of eight bytes, or four of four times two bytes."""
    features = torch.linspace(1, 2, 3 * 5).view(3, 5)
    words = torch.empty(num_words, dtype=torch.int64)
    words.random_(-(2**63), None, generator=torch.Generator().manual_seed(11))
    drawn = words.numpy().view(bits)[:15].reshape(3, 5).astype(int)

    torch.manual_seed(11)
    found = Dropout(p)(features)

    levels = np.iinfo(bits).max * 2 + 2
    dropped = round(p * levels)
    is_kept = drawn + levels // 2 >= dropped
    scale = levels / (levels - dropped)
    assert 0 < is_kept.sum() < 15
    np.testing.assert_allclose(
        found.numpy(), np.where(is_kept, features.numpy() * scale, 0), rtol=1e-6
    )


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
