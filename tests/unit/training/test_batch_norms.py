"""Mirrors src/unfreeze/training/batch_norms.py."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from unfreeze.training.batch_norms import BatchNorms


@pytest.fixture
def norm() -> nn.BatchNorm1d:
    return nn.BatchNorm1d(2)


@pytest.fixture
def batch() -> Tensor:
    return torch.tensor([[1.0, 2.0], [3.0, -2.0], [8.0, 0.5], [-4.0, 1.5]])


def test_statistics_are_put_back_bit_by_bit(
    batch: Tensor, state_of: Callable[[nn.Module], dict[str, bytes]]
) -> None:
    network = nn.Sequential(
        nn.BatchNorm1d(2), nn.Sequential(nn.BatchNorm1d(2, momentum=None))
    )
    network(batch)
    norms = BatchNorms(network)
    before = state_of(network)

    norms.keep()
    network(batch * 3)
    assert state_of(network) != before
    norms.put_back()

    assert state_of(network) == before


def test_statistics_of_the_last_keep_count(norm: nn.BatchNorm1d, batch: Tensor) -> None:
    norms = BatchNorms(norm)
    norms.keep()
    norm(batch)
    norms.keep()
    kept = norm.running_mean.clone()
    norm(batch)

    norms.put_back()

    assert torch.equal(norm.running_mean, kept)


def test_a_network_without_batch_norm_has_nothing_to_keep() -> None:
    norms = BatchNorms(nn.Sequential(nn.LayerNorm(2), nn.ReLU()).train())

    norms.keep()
    norms.put_back()

    assert not norms.are_learning


def test_batch_norm_without_running_statistics_has_nothing_to_keep(
    batch: Tensor,
) -> None:
    norm = nn.BatchNorm1d(2, track_running_stats=False)
    norms = BatchNorms(norm)

    norms.keep()
    norm(batch)
    norms.put_back()

    assert norms.are_learning


def test_statistics_learn_in_training_mode() -> None:
    network = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2)).eval()
    assert not BatchNorms(network).are_learning

    network[1].train()

    assert BatchNorms(network).are_learning


def test_pieces_share_the_weight_of_their_batch(
    norm: nn.BatchNorm1d, batch: Tensor
) -> None:
    """Each piece moves the running mean by half of 0.1, from 0 on."""
    with BatchNorms(norm).sharing(2):
        for piece in batch.split(2):
            norm(piece)

    first, second = (piece.mean(0) for piece in batch.split(2))
    by_hand = 0.95 * 0.05 * first + 0.05 * second
    torch.testing.assert_close(norm.running_mean, by_hand)
    assert norm.momentum == 0.1


def test_a_plain_mean_over_batches_counts_pieces_like_batches(batch: Tensor) -> None:
    norm = nn.BatchNorm1d(2, momentum=None)

    with BatchNorms(norm).sharing(2):
        for piece in batch.split(2):
            norm(piece)

    torch.testing.assert_close(norm.running_mean, batch.mean(0))


@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_second_run_over_the_same_batch_counts_for_nothing(
    batch: Tensor,
    momentum: float | None,
    state_of: Callable[[nn.Module], dict[str, bytes]],
) -> None:
    norm = nn.BatchNorm1d(2, momentum=momentum)
    first = norm(batch)
    before = state_of(norm)

    with BatchNorms(norm).counting_nothing():
        second = norm(batch)

    assert torch.equal(first, second)
    assert state_of(norm) == before
    assert norm.momentum == momentum


def test_settings_are_as_before_also_after_ctrl_c(norm: nn.BatchNorm1d) -> None:
    norms = BatchNorms(norm)

    with pytest.raises(KeyboardInterrupt), norms.counting_nothing():
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), norms.sharing(4):
        raise KeyboardInterrupt

    assert norm.momentum == 0.1
    assert norm.num_batches_tracked == 0
