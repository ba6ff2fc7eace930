"""Mirrors src/unfreeze/numerics/calibration.py."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from torch.nn import functional

from unfreeze.errors import DataError, PlanError
from unfreeze.numerics.calibration import (
    at_temperature,
    calibration_error,
    debiased,
    errors_by_chance,
    fit_temperature,
    reliability_bins,
)


def _drawn(
    count: int, sharpness: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose probabilities are right at a temperature of ``sharpness``."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, size=(count, 5))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((count, 1)) > probs.cumsum(axis=1)).sum(axis=1)
    return _log_softmax(logits * sharpness), np.minimum(labels, 4)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    return torch.log_softmax(torch.from_numpy(logits), dim=1).numpy()


def test_bins_of_equal_width_are_scikit_learns_curve() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.random(300)
    is_right = rng.random(300) < confidence
    accuracy, mean = calibration_curve(is_right, confidence, n_bins=10)

    bins = reliability_bins(confidence, is_right, 10)

    assert [each.accuracy for each in bins] == pytest.approx(accuracy)
    assert [each.confidence for each in bins] == pytest.approx(mean)
    assert sum(each.count for each in bins) == 300
    assert [bins[0].low, bins[-1].high] == [0, 1]


def test_bins_of_equal_mass_hold_as_many_images_each() -> None:
    confidence = np.random.default_rng(1).beta(9, 1, size=100)

    bins = reliability_bins(confidence, confidence > 0.5, 10, "mass")

    assert [each.count for each in bins] == [10] * 10
    assert bins[0].low == confidence.min()
    assert all(a.high <= b.low for a, b in pairwise(bins))


def test_the_error_weighs_bins_by_their_images() -> None:
    """By hand: |0.9 - 2/3| for three images, |0.2 - 0| for one."""
    confidence = np.array([0.9, 0.9, 0.9, 0.2])
    is_right = np.array([True, True, False, False])

    error = calibration_error(reliability_bins(confidence, is_right))

    assert error == pytest.approx((3 * (0.9 - 2 / 3) + 0.2) / 4)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_a_temperature_divides_logits(temperature: float) -> None:
    logits = torch.randn(20, 5, generator=torch.Generator().manual_seed(0)).double()
    single = torch.log_softmax(logits, dim=1).numpy()
    multi = functional.logsigmoid(logits).numpy()

    np.testing.assert_allclose(
        at_temperature(single, temperature),
        torch.log_softmax(logits / temperature, dim=1).numpy(),
        rtol=1e-9,
    )
    np.testing.assert_allclose(
        at_temperature(multi, temperature, is_multi=True),
        functional.logsigmoid(logits / temperature).numpy(),
        rtol=1e-9,
    )


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_that_spoilt_probabilities_is_found(sharpness: float) -> None:
    log_probs, labels = _drawn(5000, sharpness)

    assert fit_temperature(log_probs, labels) == pytest.approx(sharpness, rel=0.05)


def test_it_is_the_minimum_that_scipy_finds() -> None:
    log_probs, labels = _drawn(200, 2.0, seed=5)

    def cost(log_temperature: float) -> float:
        scaled = _log_softmax(log_probs / np.exp(log_temperature))
        away = log_temperature - np.log(1.4)
        return -scaled[np.arange(200), labels].sum() + (away / 0.4) ** 2 / 2

    expected = np.exp(minimize_scalar(cost, bounds=(-3, 3), method="bounded").x)

    assert fit_temperature(log_probs, labels) == pytest.approx(expected, rel=1e-3)


def test_of_few_images_the_usual_temperature_is_taken() -> None:
    one = np.log([[0.6, 0.4]]), np.array([0])

    assert fit_temperature(*one) == pytest.approx(1.4, rel=0.1)
    assert fit_temperature(*one, usual=1.0) == pytest.approx(1.0, rel=0.1)


def test_several_labels_share_one_temperature() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, size=(2000, 3))
    labels = (rng.random((2000, 3)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    sharp = functional.logsigmoid(torch.from_numpy(2.5 * logits)).numpy()

    assert fit_temperature(sharp, labels) == pytest.approx(2.5, rel=0.05)


def test_without_a_mistake_the_temperature_stays_off_its_limit() -> None:
    log_probs = np.log(np.full((60, 2), [0.9, 0.1]))

    assert 0.15 < fit_temperature(log_probs, np.zeros(60, dtype=int)) < 0.9


def test_float32_and_certainty_do_no_harm() -> None:
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0], [3.0, 0.0]])
    single = torch.log_softmax(logits, dim=1).numpy()
    multi = functional.logsigmoid(logits).numpy()

    assert np.isfinite(fit_temperature(single, np.array([0, 1, 1])))
    assert np.isfinite(fit_temperature(multi, np.eye(2, dtype=np.float32)[[0, 1, 1]]))


def test_one_probability_that_was_rounded_to_nothing_is_one_sure_mistake() -> None:
    """Beside it, scipy finds the minimum for the least number of single precision."""
    log_probs, labels = _drawn(200, 1.0)
    log_probs[7] = -np.inf
    log_probs[7, (labels[7] + 1) % 5] = 0.0
    least = np.maximum(log_probs, np.log(1.401298464324817e-45))

    def cost(log_temperature: float) -> float:
        scaled = _log_softmax(least / np.exp(log_temperature))
        away = log_temperature - np.log(1.4)
        return -scaled[np.arange(200), labels].sum() + (away / 0.4) ** 2 / 2

    expected = np.exp(minimize_scalar(cost, bounds=(-3, 3), method="bounded").x)

    assert fit_temperature(log_probs, labels) == pytest.approx(expected, rel=1e-3)
    assert expected > 1


def test_several_labels_may_hold_one_that_was_rounded_to_nothing() -> None:
    rng = np.random.default_rng(2)
    labels = (rng.random((200, 3)) < 0.5).astype(np.float32)
    log_probs = np.log(np.where(labels > 0, 0.9, 0.1))
    sure = fit_temperature(log_probs, labels)
    log_probs[0] = np.where(labels[0] > 0, -np.inf, log_probs[0])

    assert fit_temperature(log_probs, labels) > sure


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_no_log_probability_has_no_temperature(odd: float) -> None:
    log_probs, labels = _drawn(20, 1.0)
    log_probs[3, 1] = odd

    with pytest.raises(DataError, match="not finite numbers"):
        fit_temperature(log_probs, labels)


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf, np.nan])
def test_a_temperature_is_above_zero(temperature: float) -> None:
    with pytest.raises(PlanError, match="number above 0"):
        at_temperature(np.zeros((1, 2)), temperature)


def test_nothing_is_said_of_no_images() -> None:
    with pytest.raises(DataError, match="0 images"):
        fit_temperature(np.zeros((0, 2)), np.zeros(0, dtype=int))
    with pytest.raises(DataError, match="0 images"):
        reliability_bins(np.zeros(0), np.zeros(0, dtype=bool))
    with pytest.raises(PlanError, match="num_bins must be 1 or more, got 0"):
        reliability_bins(np.zeros(1), np.zeros(1, dtype=bool), 0)


def test_chance_is_taken_away_in_squares() -> None:
    assert debiased([0.05], [0.03]) == pytest.approx(0.04)
    assert debiased([0.05, 0.05], [0.03, 0.03, 0.03]) == pytest.approx(0.04)
    assert debiased([0.02], [0.03]) == 0
    assert debiased([0.02], [0.0]) == pytest.approx(0.02)


def test_errors_by_chance_are_those_of_answers_drawn_as_their_probabilities_say() -> (
    None
):
    sure = np.random.default_rng(3).uniform(0.3, 1, 90)

    found = errors_by_chance(sure, np.random.default_rng(8), 20)

    rng = np.random.default_rng(8)
    expected = [
        calibration_error(reliability_bins(sure, rng.random(90) < sure))
        for _ in range(20)
    ]
    np.testing.assert_allclose(found, expected)
