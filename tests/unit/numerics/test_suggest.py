"""Mirrors src/unfreeze/numerics/suggest.py.

Answers are known by construction, or by training at every rate of a grid.
"""

from collections.abc import Callable

import numpy as np
import pytest

from unfreeze.numerics.suggest import Curve, suggest

_RATES = np.geomspace(1e-5, 10, 100)


def textbook(
    rates: np.ndarray = _RATES,
    *,
    minimum: float = 0.1,
    noise: float = 0.0,
    seed: int = 0,
) -> Curve:
    """Flat at 0.7, falling over two decades to 0.2 at ``minimum``, then exploding."""
    decades = np.log10(rates / minimum)
    fall = 0.25 * (1 - np.cos(np.pi * np.clip(decades + 2, 0, 2) / 2))
    explosion = np.expm1(np.clip(3 * decades, 0, 7))
    disturbance = noise * np.random.default_rng(seed).standard_normal(len(rates))
    return Curve(rates, 0.7 - fall + explosion + disturbance)


@pytest.mark.parametrize("minimum", [1e-3, 1e-2, 0.1, 1.0])
def test_the_choice_lies_about_a_decade_below_the_minimum(minimum: float) -> None:
    suggestion = suggest([textbook(minimum=minimum)])

    assert suggestion.rate is not None
    assert abs(np.log10(suggestion.rate / (minimum / 10))) < 0.3  # a factor of 2
    assert suggestion.verdict == "single sweep"
    assert suggestion.low is not None
    assert suggestion.high is not None
    assert suggestion.low <= suggestion.rate <= suggestion.high < minimum


@pytest.mark.parametrize("count", [5, 8, 20, 360, 3000])
def test_short_and_long_sweeps_agree(count: int) -> None:
    suggestion = suggest([textbook(np.geomspace(1e-5, 10, count))])

    assert suggestion.rate is not None
    assert 0.001 <= suggestion.rate <= 0.05


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_a_tenth_of_the_loss_does_not_move_the_choice_far(seed: int) -> None:
    suggestion = suggest([textbook(noise=0.05, seed=seed)])

    assert suggestion.rate is not None
    assert 0.003 < suggestion.rate < 0.04


def test_spikes_and_gaps_do_not_move_the_choice() -> None:
    losses = np.array(textbook().losses)
    clean = suggest([textbook()]).rate
    losses[[15, 40, 55]] = [30.0, -5.0, 1e6]
    losses[[20, 61]] = np.nan
    losses[-8:] = [np.inf, np.nan] * 4

    suggestion = suggest([Curve(_RATES, losses)])

    assert suggestion.rate == pytest.approx(clean, rel=0.3)


def test_a_steady_fall_to_the_end_is_followed_for_nine_tenths_of_it() -> None:
    losses = 0.7 - 0.08 * np.log10(_RATES / _RATES[0])

    suggestion = suggest([Curve(_RATES, losses)])

    nine_tenths = _RATES[0] * (_RATES[-1] / _RATES[0]) ** 0.9
    assert suggestion.rate == pytest.approx(nine_tenths, rel=0.05)


def test_a_long_plateau_at_the_bottom_does_not_pull_the_choice_into_it() -> None:
    decades = np.log10(_RATES)
    losses = 0.7 - 0.3 * np.clip(decades + 4, 0, 2)  # falls from 1e-4 to 1e-2 only
    losses[80:] -= 0.001 * np.arange(20)

    suggestion = suggest([Curve(_RATES, losses)])

    assert suggestion.rate is not None
    assert suggestion.rate < 0.02


def test_a_loss_that_only_rises_gives_no_rate_and_says_where_to_start() -> None:
    suggestion = suggest([Curve(_RATES, 0.7 + np.log1p(50 * _RATES))])

    assert suggestion.rate is None
    assert suggestion.verdict == "no clear minimum"
    assert "Start the sweep lower" in suggestion.reason


@pytest.mark.parametrize("explosion", [1e-3, 1e-1, 1e1])
@pytest.mark.parametrize("count", [25, 100])
def test_a_network_that_knows_everything_has_nothing_to_gain(
    count: int, explosion: float
) -> None:
    """Losses of 0.01 that differ by chance, with a hard photo in one batch of 20."""
    verdicts = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        rates = np.geomspace(1e-6, 1, count)
        losses = 0.01 * rng.lognormal(-0.5, 1, count) + 0.3 * (rng.random(count) < 0.05)
        losses += np.expm1(np.clip(3 * np.log10(rates / explosion), 0, 7))
        verdicts.append(suggest([Curve(rates, losses)]).verdict)

    assert verdicts.count("nothing to gain") >= 34  # chance makes a fall of some


def test_it_says_how_little_there_was_to_gain() -> None:
    found = suggest([Curve(_RATES, np.full(100, 0.0123))])

    assert (found.rate, found.verdict) == (None, "nothing to gain")
    assert "loss is 0.012 from the beginning" in found.reason


def test_a_small_loss_that_falls_clearly_still_gives_a_rate() -> None:
    curve = textbook(noise=0.02)

    found = suggest([Curve(curve.rates, 0.06 * np.asarray(curve.losses))])

    assert found.rate == pytest.approx(suggest([curve]).rate)


def test_pure_noise_gives_no_rate_in_nineteen_of_twenty_sweeps() -> None:
    rng = np.random.default_rng(0)

    rates = [
        suggest([Curve(_RATES, 1 + 0.2 * rng.standard_normal(100))]).rate
        for _ in range(200)
    ]

    assert sum(rate is not None for rate in rates) <= 10


@pytest.mark.parametrize(
    "losses", [[], [0.7], [0.7, 0.6, 0.5], [np.nan] * 50, [0.7] * 50]
)
def test_too_little_to_see_gives_no_rate_and_a_reason(losses: list[float]) -> None:
    suggestion = suggest([Curve(_RATES[: len(losses)], losses)])

    assert suggestion.rate is None
    assert suggestion.verdict == "no clear minimum"
    assert suggestion.reason.endswith(".")


def test_no_sweep_gives_no_rate() -> None:
    assert suggest([]).reason == "There was no sweep."


def test_repeats_that_agree_are_stable_and_give_an_interval() -> None:
    suggestion = suggest([textbook(noise=0.02, seed=seed) for seed in range(3)])

    assert suggestion.verdict == "stable"
    assert suggestion.rate is not None
    assert suggestion.low is not None
    assert suggestion.high is not None
    assert suggestion.low <= suggestion.rate <= suggestion.high < 4 * suggestion.low


def test_repeats_most_of_a_decade_apart_are_usable() -> None:
    suggestion = suggest([textbook(minimum=0.1), textbook(minimum=0.5)])

    assert suggestion.verdict == "usable"


def test_repeats_far_apart_are_not_averaged_away() -> None:
    suggestion = suggest([textbook(minimum=1e-3), textbook(minimum=1.0)])

    assert suggestion.rate is None
    assert suggestion.verdict == "no clear minimum"
    assert "decades apart" in suggestion.reason


def test_one_failed_repeat_of_three_costs_the_best_verdict() -> None:
    flat = Curve(_RATES, np.full(100, 0.7))

    assert suggest([textbook(), flat, textbook()]).verdict == "usable"
    assert suggest([textbook(), flat, flat]).rate is None


Gradient = Callable[[np.ndarray, np.random.Generator], tuple[float, np.ndarray]]


def quadratic(curvature: float) -> Gradient:
    """A bowl in 10 dimensions, curvatures over two decades, noisy gradients."""
    scales = curvature * np.geomspace(0.01, 1, 10)

    def gradient(w: np.ndarray, rng: np.random.Generator) -> tuple[float, np.ndarray]:
        distance = w - 1
        noise = 0.05 * curvature * rng.standard_normal(10)
        return float(0.5 * scales @ distance**2), scales * distance + noise

    return gradient


def logistic(spread: float) -> Gradient:
    """Three classes in 10 dimensions, in batches of 64 of 1,000 rows."""
    rng = np.random.default_rng(3)
    inputs = spread * rng.standard_normal((1000, 10))
    scores = inputs @ rng.standard_normal((10, 3)) / spread * 2
    labels = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)

    def gradient(w: np.ndarray, rng: np.random.Generator) -> tuple[float, np.ndarray]:
        rows = rng.choice(1000, 64, replace=False)
        logits = inputs[rows] @ w.reshape(10, 3)
        logits -= logits.max(axis=1, keepdims=True)
        probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        picked = probs[np.arange(64), labels[rows]]
        probs[np.arange(64), labels[rows]] -= 1
        return -np.log(picked + 1e-30).mean(), (inputs[rows].T @ probs / 64).ravel()

    return gradient


def train(gradient: Gradient, rates: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Losses of SGD with momentum 0.9, one step per rate, until they explode."""
    rng = np.random.default_rng(seed)
    w, velocity = np.zeros(size), np.zeros(size)
    losses: list[float] = []
    for rate in rates:
        loss, slope = gradient(w, rng)
        losses.append(loss)
        if loss > 4 * losses[0]:
            break
        velocity = 0.9 * velocity + slope
        w = w - rate * velocity
    return np.array(losses)


@pytest.mark.parametrize("steps", [50, 100, 300])
@pytest.mark.parametrize(
    ("gradient", "size"),
    [
        (quadratic(1.0), 10),
        (quadratic(100.0), 10),
        (logistic(1.0), 30),
        (logistic(10.0), 30),
    ],
    ids=["bowl", "steep bowl", "logistic", "logistic of large inputs"],
)
def test_the_choice_is_within_a_decade_of_the_best_rate_of_a_grid(
    gradient: Gradient, size: int, steps: int
) -> None:
    sweeps = []
    for seed in range(3):
        rates = np.geomspace(1e-6, 10, steps)
        losses = train(gradient, rates, size, seed)
        sweeps.append(Curve(rates[: len(losses)], losses))
    grid = 10 ** np.arange(-6, 1.1, 0.5)
    finals = []
    for rate in grid:
        losses = train(gradient, np.full(200, rate), size, seed=9)
        finals.append(losses[-20:].mean() if len(losses) == 200 else np.inf)
    best = grid[int(np.argmin(finals))]

    suggestion = suggest(sweeps)

    assert suggestion.rate is not None
    assert abs(np.log10(suggestion.rate / best)) <= 1


def test_a_fall_within_the_first_decade_is_not_trusted() -> None:
    """A trained model's sweep begins at its lowest loss, up to noise."""
    decades = np.log10(_RATES / _RATES[0])
    losses = 0.3 - 0.2 * np.minimum(decades, 0.6) + 0.1 * np.maximum(decades - 0.6, 0)

    assert suggest([Curve(_RATES, losses)]).rate is None
