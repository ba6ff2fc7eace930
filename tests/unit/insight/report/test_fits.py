"""Mirrors src/unfreeze/insight/report/fits.py."""

import math
from typing import Any

import pytest

from unfreeze.insight.charts.losses import FitLosses
from unfreeze.insight.report.fits import judge_fits
from unfreeze.insight.report.record import FitRecord


def fit(
    train: list[float],
    valid: list[float],
    per_epoch: int = 10,
    **words: Any,  # noqa: ANN401
) -> FitRecord:
    points = [((n + 1) * per_epoch, loss) for n, loss in enumerate(valid)]
    losses = FitLosses("fit", [0.5] * per_epoch * len(valid), points)
    return FitRecord(losses, train, valid, **words)


STEADY = fit([0.9, 0.6, 0.5], [0.8, 0.5, 0.4])
OVERFITTED = fit([0.5, 0.3, 0.2, 0.1], [0.5, 0.4, 0.6, 0.9])


def said(*fits: FitRecord) -> str:
    return " ".join(judge_fits(fits).sentences)


def test_the_epoch_where_it_begins_is_counted_from_one() -> None:
    verdict = judge_fits([OVERFITTED])

    assert verdict.title == "Over-fitting begins after the 2nd epoch"
    assert verdict.begins_at == 20
    assert "0.400" in verdict.sentences[0]
    assert "0.900" in verdict.sentences[0]
    assert "kept" not in said(OVERFITTED)  # nobody knows which


def test_batches_are_counted_over_the_whole_run() -> None:
    verdict = judge_fits([STEADY, OVERFITTED])

    assert verdict.title == "Over-fitting begins after the 2nd epoch of fit 2"
    assert verdict.begins_at == 30 + 20


def test_a_loss_that_still_falls_is_no_over_fitting() -> None:
    verdict = judge_fits([STEADY])

    assert verdict.title == "No over-fitting"
    assert verdict.begins_at is None
    assert verdict.is_still_falling
    assert "still falling" in verdict.sentences[0]


def test_a_level_loss_is_the_right_length() -> None:
    verdict = judge_fits([fit([0.5, 0.4, 0.3], [0.4, 0.39, 0.395])])

    assert "lowest after the 2nd of 3 epochs" in verdict.sentences[0]


def test_both_losses_rising_speaks_for_the_rate() -> None:
    verdict = judge_fits([fit([0.3, 0.9], [0.3, 0.9])])

    assert verdict.title == "No over-fitting so far"
    assert "rate that was too high" in verdict.sentences[0]


def test_one_epoch_and_exploded_losses_are_not_judged() -> None:
    for fits in ([], [fit([0.5], [0.4])], [fit([0.5, 0.4], [0.5, math.nan])]):
        assert judge_fits(fits).title == "Too short to tell"


def test_a_hair_is_no_reason_to_train_longer() -> None:
    verdict = judge_fits([fit([0.6, 0.5, 0.4], [0.5, 0.4, 0.399])])

    assert not verdict.is_still_falling
    assert "nothing speaks against the length" in verdict.sentences[0]


def test_two_epochs_do_not_tell_whether_longer_would_help() -> None:
    verdict = judge_fits([fit([2.0, 1.0], [2.0, 1.0])])

    assert verdict.title == "No over-fitting so far"
    assert verdict.sentences == (
        "2 epochs do not tell whether a longer training would help.",
    )
    assert not verdict.is_still_falling


def test_a_later_epoch_with_better_answers_is_kept_although_its_loss_is_higher() -> (
    None
):
    """Losses .9 .5 .40 .45 .50 while the accuracy goes from .70 to .92."""
    losses = [0.9, 0.5, 0.4, 0.45, 0.5]
    verdict = judge_fits([fit([0.9, 0.6, 0.4, 0.3, 0.2], losses, kept_epoch=5)])

    assert verdict.title == "The loss rises after the 3rd epoch"
    assert verdict.begins_at is None
    assert "answers became better all the same" in verdict.sentences[0]
    assert "the 5th of 5 epochs of this fit" in verdict.sentences[-1]
    assert "by heart" not in " ".join(verdict.sentences)


def test_an_earlier_fit_that_over_fits_does_not_speak_for_the_last() -> None:
    last = fit([0.9, 0.6, 0.5], [0.8, 0.5, 0.4], kept_epoch=3, step="Train all")

    verdict = judge_fits([OVERFITTED, last])

    assert verdict.title == "No over-fitting"
    assert verdict.begins_at is None
    assert verdict.sentences[0] == "Judged is fit 2 of 2, of the step “Train all”."
    assert "the 3rd of 3 epochs of this fit" in " ".join(verdict.sentences)
    assert (
        "In fit 1, before, the validation loss rose after the 2nd epoch"
        in (verdict.sentences[-1])
    )


def test_a_last_fit_of_one_epoch_is_not_judged_in_the_name_of_another() -> None:
    verdict = judge_fits([STEADY, fit([0.3], [0.2], kept_epoch=1)])

    assert verdict.sentences[0] == "Judged is fit 1 of 2."
    assert "too short to judge" in verdict.sentences[1]
    assert "the 1st of 1 epoch of fit 2" in verdict.sentences[-1]
    assert not verdict.is_still_falling


def test_the_fit_whose_weights_were_kept_decides_and_what_came_later_was_in_vain() -> (
    None
):
    good = fit([0.9, 0.6, 0.5], [0.8, 0.5, 0.4], kept_epoch=2, step="Train the head")

    verdict = judge_fits([good, OVERFITTED, STEADY])

    assert verdict.title == "No over-fitting"
    assert verdict.begins_at is None
    assert not verdict.is_still_falling
    assert verdict.sentences == (
        "Judged is fit 1 of 3, of the step “Train the head”.",
        "The validation loss was still falling in its last epoch.",
        "The weights that were kept are those of the 2nd of 3 epochs of this fit: of "
        "all epochs, it answered best on the validation photos.",
        "What came after it gained nothing: no epoch of fits 2 to 3 answered better.",
        "In fit 2, after it, the validation loss rose after the 2nd epoch.",
    )


def test_a_kept_fit_of_one_epoch_is_not_judged_by_later_ones() -> None:
    verdict = judge_fits([fit([0.3], [0.2], kept_epoch=1), OVERFITTED])

    assert verdict.title == "Too short to tell"
    assert verdict.begins_at is None
    assert "the fit whose weights were kept had less than two" in verdict.sentences[0]
    assert "1st of 1 epoch of fit 1" in verdict.sentences[1]
    assert verdict.sentences[2].endswith("no epoch of the last fit answered better.")


def test_a_kept_fit_that_cannot_be_judged_leaves_it_to_the_one_before() -> None:
    fits = [STEADY, fit([0.3], [0.2], kept_epoch=1), OVERFITTED]

    verdict = judge_fits(fits)

    assert verdict.title == "No over-fitting"
    assert verdict.sentences[:2] == (
        "Judged is fit 1 of 3.",
        "Fit 2 was too short to judge, or its losses exploded.",
    )


@pytest.mark.parametrize("one", [STEADY, OVERFITTED])
def test_few_photos_tell_neither_of_over_fitting_nor_of_its_absence(
    one: FitRecord,
) -> None:
    verdict = judge_fits([one], 10)

    assert verdict.title == "Too few photos to tell whether it over-fitted"
    assert verdict.begins_at is None
    assert not verdict.is_still_falling
    assert verdict.sentences[0].startswith("On 10 validation photos, the loss was")
    assert "So few cannot tell over-fitting from chance" in verdict.sentences[1]
    assert judge_fits([one], 99).title == verdict.title
    assert judge_fits([one], 100).title != verdict.title


def test_what_some_photos_may_have_missed_is_said_until_there_are_many() -> None:
    missed = "one over-fitted run in ten looks like this"

    assert missed in " ".join(judge_fits([STEADY], 199).sentences)
    assert missed not in " ".join(judge_fits([STEADY], 200).sentences)
    assert missed not in " ".join(judge_fits([OVERFITTED], 199).sentences)


def test_of_few_photos_the_fit_and_the_kept_weights_are_named_all_the_same() -> None:
    last = fit([0.9, 0.6, 0.5], [0.8, 0.5, 0.6], kept_epoch=2, step="Train all")

    assert judge_fits([STEADY, last], 12).sentences == (
        "Judged is fit 2 of 2, of the step “Train all”.",
        "On 12 validation photos, the loss was lowest after the 2nd of 3 epochs, "
        "0.500, and 0.600 after the last.",
        "So few cannot tell over-fitting from chance. It takes about 100 to be right "
        "nine times in ten.",
        "The weights that were kept are those of the 2nd of 3 epochs of this fit: of "
        "all epochs, it answered best on the validation photos.",
    )
