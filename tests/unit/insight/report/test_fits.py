"""Mirrors src/unfreeze/insight/report/fits.py."""

import math

import pytest

from unfreeze.insight.charts.losses import FitLosses
from unfreeze.insight.report.fits import judge_fits
from unfreeze.insight.report.record import FitRecord


def fit(train: list[float], valid: list[float], per_epoch: int = 10) -> FitRecord:
    points = [((n + 1) * per_epoch, loss) for n, loss in enumerate(valid)]
    losses = FitLosses("fit", [0.5] * per_epoch * len(valid), points)
    return FitRecord(losses, train, valid)


STEADY = fit([0.9, 0.6, 0.5], [0.8, 0.5, 0.4])
OVERFITTED = fit([0.5, 0.3, 0.2, 0.1], [0.5, 0.4, 0.6, 0.9])


def test_the_epoch_where_it_begins_is_counted_from_one() -> None:
    verdict = judge_fits([OVERFITTED])

    assert verdict.title == "Over-fitting begins after epoch 2"
    assert verdict.mood == "fair"
    assert verdict.begins_at == 20
    assert "0.400" in verdict.sentences[0]
    assert "0.900" in verdict.sentences[0]


def test_batches_are_counted_over_the_whole_run() -> None:
    verdict = judge_fits([STEADY, OVERFITTED])

    assert verdict.title == "Over-fitting begins after epoch 2 of fit 2"
    assert verdict.begins_at == 30 + 20


def test_a_loss_that_still_falls_is_no_over_fitting() -> None:
    verdict = judge_fits([STEADY])

    assert (verdict.title, verdict.mood) == ("No over-fitting", "good")
    assert verdict.begins_at is None
    assert "still falling" in verdict.sentences[0]


def test_a_level_loss_is_the_right_length() -> None:
    verdict = judge_fits([fit([0.5, 0.4, 0.3], [0.4, 0.39, 0.395])])

    assert "lowest after epoch 2 of 3" in verdict.sentences[0]


def test_both_losses_rising_is_the_rates_fault() -> None:
    verdict = judge_fits([fit([0.3, 0.9], [0.3, 0.9])])

    assert verdict.title == "No over-fitting"
    assert "rate was too high" in verdict.sentences[0]


def test_one_epoch_and_exploded_losses_are_not_judged() -> None:
    for fits in ([], [fit([0.5], [0.4])], [fit([0.5, 0.4], [0.5, math.nan])]):
        assert judge_fits(fits).title == "Too short to tell"


@pytest.mark.parametrize("valid", [[0.5, 0.4], [0.5, 0.4, 0.399]])
def test_two_epochs_or_a_hair_are_no_reason_to_train_longer(valid: list[float]) -> None:
    verdict = judge_fits([fit([0.6, 0.5, 0.4][: len(valid)], valid)])

    assert "still falling" not in " ".join(verdict.sentences)
