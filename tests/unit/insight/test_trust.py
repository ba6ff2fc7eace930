"""Mirrors src/unfreeze/insight/trust.py."""

import numpy as np
import pytest

from unfreeze.insight.trust import (
    METHOD,
    METHOD_ELSEWHERE,
    Trust,
    check_trust,
    measure_trust,
)
from unfreeze.numerics.calibration import (
    at_temperature,
    calibration_error,
    fit_temperature,
    reliability_bins,
)
from unfreeze.numerics.rejection import reject_level
from unfreeze.records import Predictions


def _drawn(count: int, sharpness: float, seed: int = 0) -> Predictions:
    """Answers of a model that is ``sharpness`` times too sure."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, size=(count, 4))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((count, 1)) > probs.cumsum(axis=1)).sum(axis=1)
    sharp = logits * sharpness
    logs = sharp - np.log(np.exp(sharp).sum(axis=1, keepdims=True))
    names = [str(row) for row in range(count)]
    return Predictions(names, tuple("abcd"), logs, np.minimum(labels, 3))


@pytest.fixture(scope="module")
def too_sure() -> Predictions:
    return _drawn(1500, 3.0)


@pytest.fixture(scope="module")
def trust(too_sure: Predictions) -> Trust:
    return measure_trust(too_sure)


def test_the_temperature_is_fitted_on_all_images(
    trust: Trust, too_sure: Predictions
) -> None:
    assert too_sure.labels is not None
    expected = fit_temperature(too_sure.log_probs, too_sure.labels)

    assert trust.temperature == expected == pytest.approx(3, rel=0.1)


def test_a_model_that_is_too_sure_is_brought_down_to_chance(trust: Trust) -> None:
    assert trust.ece_before > 0.1
    assert trust.ece_after < trust.ece_before / 4
    assert trust.ece_after < 2 * trust.ece_by_chance
    assert trust.log_loss_after < trust.log_loss_before - 0.1


def test_the_error_before_is_that_of_the_bins(
    trust: Trust, too_sure: Predictions
) -> None:
    probs = too_sure.probs
    bins = reliability_bins(probs.max(axis=1), probs.argmax(axis=1) == too_sure.labels)

    assert trust.ece_before == calibration_error(bins)
    assert trust.reliability_before == bins


def test_no_image_is_judged_at_a_temperature_that_it_helped_to_find() -> None:
    """Right answers alone ask for a low temperature, the wrong ones for a high one."""
    probs = np.full((40, 2), [0.9, 0.1])
    labels = np.zeros(40, dtype=int)
    labels[0] = 1
    few = Predictions(
        [str(row) for row in range(40)], ("a", "b"), np.log(probs), labels
    )

    trust = measure_trust(few)

    at_kept = at_temperature(few.log_probs, trust.temperature)
    in_sample = -at_kept[np.arange(40), labels].mean()
    assert trust.log_loss_after > in_sample


def test_chance_alone_is_near_what_right_probabilities_show() -> None:
    """Means over samples of a model whose probabilities are right."""
    samples = [
        measure_trust(_drawn(100, 1.0, seed), precisions=()) for seed in range(12)
    ]

    shown = np.mean([each.ece_before for each in samples])
    by_chance = np.mean([each.ece_by_chance for each in samples])
    assert by_chance == pytest.approx(shown, rel=0.15)
    assert by_chance > 0.05  # with 100 images, 15 bins say little


def _mean_of(name: str, count: int, sharpness: float) -> float:
    """Over samples, as a temperature that was found elsewhere leaves them."""
    samples = [check_trust(_drawn(count, sharpness, seed), 1.0) for seed in range(40)]
    return float(np.mean([getattr(each, name) for each in samples]))


@pytest.mark.slow
def test_with_chance_taken_away_the_error_of_few_photos_is_the_true_one() -> None:
    """The truth is what 100,000 photos show, on which chance does nothing."""
    true = check_trust(_drawn(100_000, 1.5), 1.0).ece_before
    assert 0.05 < true < 0.12

    assert _mean_of("ece_before_debiased", 300, 1.5) == pytest.approx(true, rel=0.1)
    assert _mean_of("ece_before", 300, 1.5) > 1.1 * true


def test_right_probabilities_have_no_error_left_but_what_is_seldom_chance() -> None:
    samples = [check_trust(_drawn(150, 1.0, seed), 1.0) for seed in range(40)]

    left = [each.ece_after_debiased for each in samples]
    plain = [each.ece_after for each in samples]
    is_seen = [each.ece_after > each.ece_visible for each in samples]
    assert np.mean(left) < np.mean(plain) / 2
    assert np.median(left) < 0.03
    assert sum(is_seen) <= 5  # 2 of 40 expected


def test_the_error_after_scaling_does_not_hang_on_one_draw_of_halves() -> None:
    few = _drawn(120, 2.5)

    found = [measure_trust(few, seed=seed, precisions=()) for seed in range(4)]

    assert found[0].num_halvings == 84
    assert np.ptp([each.ece_after for each in found]) < 0.01


def test_halves_have_as_many_of_each_class() -> None:
    """With one photo of a class too few in a half, its temperature is another."""
    probs = np.repeat([[0.9, 0.1], [0.4, 0.6]], 20, axis=0)
    labels = np.repeat([0, 1], 20)
    names = [str(row) for row in range(40)]

    trust = measure_trust(Predictions(names, ("a", "b"), np.log(probs), labels))

    halved = fit_temperature(np.log(probs[::2]), labels[::2])
    scaled = at_temperature(np.log(probs), halved)[np.arange(40), labels]
    assert trust.log_loss_after == pytest.approx(-scaled.mean())


def test_rejection_is_looked_for_at_the_temperature(
    trust: Trust, too_sure: Predictions
) -> None:
    kept = np.exp(at_temperature(too_sure.log_probs, trust.temperature))
    is_right = kept.argmax(axis=1) == too_sure.labels

    assert [each.precision for each in trust.reject] == [
        0.8,
        0.9,
        0.95,
        0.98,
        0.99,
        0.995,
    ]
    assert trust.reject[1] == reject_level(kept.max(axis=1), is_right, 0.9)


def test_several_labels_are_judged_one_by_one() -> None:
    rng = np.random.default_rng(6)
    logits = rng.normal(0, 2, size=(600, 3))
    labels = (rng.random((600, 3)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    sharp = -np.log1p(np.exp(-3 * logits))
    names = [str(row) for row in range(600)]

    trust = measure_trust(Predictions(names, tuple("abc"), sharp, labels))

    assert trust.temperature == pytest.approx(3, rel=0.15)
    assert sum(each.count for each in trust.reliability_before) == 1800
    assert trust.ece_after < trust.ece_before / 2
    assert trust.reject == ()


def test_one_image_is_no_reason_to_fail() -> None:
    one = Predictions(["a"], ("a", "b"), np.log([[0.8, 0.2]]), np.array([0]))

    assert measure_trust(one).ece_after == pytest.approx(0.2)


def test_few_images_move_the_temperature_little() -> None:
    """Two sure answers among sixty: each half asks for what harms the other."""
    probs = np.full((60, 2), [0.97, 0.03])
    probs[:2] = [1 - 1e-6, 1e-6]
    labels = np.zeros(60, dtype=int)
    labels[:1] = 1
    names = [str(row) for row in range(60)]
    few = Predictions(names, ("a", "b"), np.log(probs), labels)

    trust = measure_trust(few)

    assert 1 < trust.temperature < 2
    assert trust.log_loss_after > trust.log_loss_before  # which is not hidden


def test_intervals_hold_the_true_errors(trust: Trust) -> None:
    """Three times too sure before; right afterwards but for what chance left."""
    elsewhere = check_trust(_drawn(100_000, 3.0, seed=9), trust.temperature)

    for when in ("before", "after"):
        interval = getattr(trust, f"ece_{when}_interval")
        true = getattr(elsewhere, f"ece_{when}")
        assert interval.low <= true <= interval.high
    assert trust.ece_before_interval.low > 0.1
    assert trust.ece_after_interval.high < 0.05


def test_averages_over_views_are_not_believed_to_be_too_sure() -> None:
    few = _drawn(20, 1.0)
    plain, averaged = measure_trust(few), measure_trust(few, usual=1.0)

    assert averaged.temperature < plain.temperature


def test_elsewhere_a_given_temperature_is_taken_as_it_is(too_sure: Predictions) -> None:
    trust = check_trust(too_sure, 2.0, [(0.9, 0.8)])

    scaled = at_temperature(too_sure.log_probs, 2.0)
    probs, labels = np.exp(scaled), too_sure.labels
    assert labels is not None
    is_sure, is_right = probs.max(axis=1) >= 0.8, probs.argmax(axis=1) == labels
    assert trust.temperature == 2
    assert trust.log_loss_after == pytest.approx(
        -scaled[np.arange(len(labels)), labels].mean()
    )
    assert trust.reject[0].accepted == is_sure.sum()
    assert trust.reject[0].wrong == (is_sure & ~is_right).sum()


def test_how_errors_were_found_is_told_in_full() -> None:
    for method in (METHOD, METHOD_ELSEWHERE):
        assert "{" not in method
        assert "Broecker" in method
