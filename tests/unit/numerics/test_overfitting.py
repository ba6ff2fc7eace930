"""Mirrors src/unfreeze/numerics/overfitting.py."""

import pytest

from unfreeze.errors import DataError
from unfreeze.numerics.overfitting import overfit_report


def test_a_validation_loss_that_rises_while_training_falls_is_flagged() -> None:
    report = overfit_report([0.7, 0.4, 0.2, 0.1], [0.6, 0.5, 0.6, 0.8])

    assert report.is_overfitting
    assert report.best_epoch == 1
    assert report.rise == pytest.approx(0.3)
    assert "lowest after epoch 1, the 2nd: 0.5000" in report.reason


def test_falling_together_is_healthy() -> None:
    assert not overfit_report([0.7, 0.4, 0.2], [0.6, 0.5, 0.4]).is_overfitting


@pytest.mark.parametrize("last", [0.509, 0.524])
def test_a_rise_that_chance_explains_is_healthy(last: float) -> None:
    report = overfit_report([0.7, 0.4, 0.3], [0.6, 0.5, last])

    assert not report.is_overfitting
    assert "not clearly risen" in report.reason


def test_both_losses_rising_speaks_of_the_rate() -> None:
    report = overfit_report([0.3, 0.9], [0.4, 1.2])

    assert not report.is_overfitting
    assert "rate is too high" in report.reason


def test_one_epoch_is_never_too_long() -> None:
    assert not overfit_report([0.3], [0.9]).is_overfitting


@pytest.mark.parametrize("losses", [([], []), ([0.1], [0.1, 0.2])])
def test_losses_must_come_in_pairs(losses: tuple[list[float], list[float]]) -> None:
    with pytest.raises(DataError, match="one of each per epoch"):
        overfit_report(*losses)
