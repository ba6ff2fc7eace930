"""Whether 90 % sure means right nine times in ten, and how to bring that about.

Guo et al., "On calibration of modern neural networks", 2017: a network is asked for
its most probable class; its confidence is that class's probability.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from unfreeze.errors import DataError, PlanError
from unfreeze.numerics.proper import log_loss, log_of_no

__all__ = [
    "USUAL_TEMPERATURE",
    "Bin",
    "Binning",
    "at_temperature",
    "calibration_error",
    "debiased",
    "errors_by_chance",
    "fit_temperature",
    "reliability_bins",
]

Binning = Literal["width", "mass"]
"""Bins of equal width in confidence, or of equal numbers of images."""

_LARGEST = np.log(20.0)
"""Temperatures are searched from 1/20 to 20."""

USUAL_TEMPERATURE = 1.4
"""Networks that have learned until they are right most often are too sure by this
much: by 1.5 to 2.1 in eight runs with resnet18, by 1.2 in one with mobilenetv2."""

_BELIEF = 0.4
"""Deviation of the temperature's logarithm that is believed in before any image is
seen: of networks, nineteen in twenty lie between 0.6 and 3.1."""

_ROUNDED_TO_NOTHING = np.log(2.0**-149)
"""Taken for the logarithm of 0: that of the least that single precision knows."""

_SHRINK = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Bin:
    """Images about which a model was about equally sure."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean probability of the answers, 0 to 1."""

    accuracy: float
    """Share of right answers, 0 to 1."""


def reliability_bins(
    confidence: Float[np.ndarray, " N"],
    is_right: Bool[np.ndarray, " N"],
    num_bins: int = 15,
    binning: Binning = "width",
) -> tuple[Bin, ...]:
    """Sort answers into bins by confidence, and count the right ones in each.

    Args:
        confidence: Probability of each answer, 0 to 1.
        is_right: Whether the answer was right.
        num_bins: At most so many; bins without an image are left out.
        binning: Equal width from 0 to 1 (as Guo et al. and Naeini et al. 2015 do), or
            equal numbers of images.

    Raises:
        DataError: If there are no images.
        PlanError: If there are no bins.
    """
    if num_bins < 1:
        raise PlanError(f"num_bins must be 1 or more, got {num_bins}.")
    if len(confidence) == 0:
        raise DataError("There is no calibration of 0 images.")
    sure = np.asarray(confidence, dtype=np.float64)
    if binning == "width":
        edges = np.arange(num_bins + 1) / num_bins
        rows = np.clip(np.ceil(sure * num_bins).astype(int) - 1, 0, num_bins - 1)
        parts = [np.flatnonzero(rows == number) for number in range(num_bins)]
    else:
        parts = np.array_split(np.argsort(sure, kind="stable"), num_bins)
        edges = None
    return tuple(
        _bin(sure, is_right, part, edges, number)
        for number, part in enumerate(parts)
        if len(part)
    )


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Mean distance between confidence and accuracy, 0 to 1, over the images of bins.

    The expected calibration error of Naeini et al., "Obtaining well calibrated
    probabilities using Bayesian binning", 2015. With few images in a bin it is above
    0 by chance, also where probabilities are right.
    """
    total = sum(each.count for each in bins)
    return (
        sum(each.count * abs(each.confidence - each.accuracy) for each in bins) / total
    )


def errors_by_chance(
    confidence: Float[np.ndarray, " N"],
    rng: np.random.Generator,
    num_draws: int,
    num_bins: int = 15,
) -> Float[np.ndarray, " R"]:
    """Calibration errors, in bins of equal width, of probabilities that are right.

    Consistency resampling (Broecker and Smith, "Increasing the reliability of
    reliability diagrams", 2007): which answers are right is drawn anew, each with its
    own probability.

    Args:
        confidence: Probability of each answer, 0 to 1.
        rng: Draws.
        num_draws: How many errors to give.
        num_bins: From 0 to 1.
    """
    sure = np.asarray(confidence, dtype=np.float64)
    rows = np.clip(np.ceil(sure * num_bins).astype(int) - 1, 0, num_bins - 1)
    # One after the other: all at once take a gigabyte for a million answers.
    found = [
        np.abs(np.bincount(rows, sure - (rng.random(len(sure)) < sure))).sum()
        for _ in range(num_draws)
    ]
    return np.array(found) / len(sure)


def debiased(
    errors: Float[np.ndarray, " E"] | Sequence[float],
    by_chance: Float[np.ndarray, " R"] | Sequence[float],
) -> float:
    """Take from calibration errors what counting few images adds to them, 0 to 1.

    What a bin shows is its true distance plus chance, which is as often up as down, so
    that their squares add up. The squares are therefore what is subtracted, as in the
    debiased error of Kumar, Liang and Ma, "Verified uncertainty calibration", 2019;
    here with the expected calibration error itself, in which their estimate of its
    square has about 1.5 times the spread. Where chance explains all of it, it is 0.

    With 280 answers of two classes and true errors of 0, 0.039 and 0.072, means over
    200 samples are 0.012, 0.040 and 0.078, where the plain error has 0.038, 0.053 and
    0.082, and subtracting chance without squares 0.003, 0.021 and 0.056.

    Args:
        errors: Of one set of answers, or of several takes on the same images.
        by_chance: Errors of such answers if their probabilities were right.
    """
    squares = np.square(np.asarray(errors, dtype=np.float64)).mean()
    chance = np.square(np.asarray(by_chance, dtype=np.float64)).mean()
    return float(np.sqrt(max(squares - chance, 0.0)))


def at_temperature(
    log_probs: Float[np.ndarray, "... K"],
    temperature: float,
    *,
    is_multi: bool = False,
) -> Float[np.ndarray, "... K"]:
    """Divide logits by a temperature: above 1 answers become less sure.

    Which class is most probable does not change.

    Args:
        log_probs: Natural logarithms of probabilities; what softmax or sigmoid lose of
            the logits does not matter.
        temperature: Above 0; 1 changes nothing.
        is_multi: Each class is a yes or no of its own.

    Raises:
        PlanError: If the temperature is not above 0.
    """
    if not 0 < temperature < np.inf:
        raise PlanError(f"A temperature is a number above 0, got {temperature:g}.")
    if temperature == 1:
        return log_probs
    if is_multi:
        logits = log_probs - log_of_no(log_probs)
        return -np.logaddexp(0, -logits / temperature)
    scaled = log_probs / temperature
    highest = scaled.max(axis=-1, keepdims=True)
    return (
        scaled - highest - np.log(np.exp(scaled - highest).sum(axis=-1, keepdims=True))
    )


def fit_temperature(
    log_probs: Float[np.ndarray, "N K"],
    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"],
    usual: float = USUAL_TEMPERATURE,
) -> float:
    """Find the temperature at which the labels are most probable.

    Guo et al. minimise the log loss, and so do we, by golden-section search over the
    temperature's logarithm. To that we add a weak belief that temperatures are near the
    usual one (a normal distribution of the logarithm with deviation 0.4): without a
    single mistake, the best temperature would be 0, and among few images one sure
    mistake would move it far.

    Nothing is impossible: a probability that was rounded to 0 counts as the least one
    that single precision can hold.

    Args:
        log_probs: Of images that the model has not learned from.
        labels: Class numbers, or rows of 0s and 1s.
        usual: What to believe in before any image is seen, above 0.

    Returns:
        From 1/20 to 20.

    Raises:
        DataError: If there are no images, or log-probabilities are no numbers.
    """
    if len(log_probs) == 0:
        raise DataError("There is no temperature for 0 images.")
    logs = np.asarray(log_probs, dtype=np.float64)
    logs = np.where(np.isneginf(logs), _ROUNDED_TO_NOTHING, logs)
    if not np.isfinite(logs).all():
        raise DataError(
            "A temperature is fitted to log-probabilities, and some of these are not "
            "finite numbers. Train again with a lower rate: the network has diverged."
        )
    is_multi = labels.ndim == 2
    num_answers = logs.size if is_multi else len(logs)

    def cost(log_temperature: float) -> float:
        scaled = at_temperature(logs, float(np.exp(log_temperature)), is_multi=is_multi)
        return (
            num_answers * log_loss(scaled, labels)
            + ((log_temperature - np.log(usual)) / _BELIEF) ** 2 / 2
        )

    return float(np.exp(_lowest(cost, -_LARGEST, _LARGEST)))


def _lowest(cost: Callable[[float], float], low: float, high: float) -> float:
    """Golden-section search (Kiefer 1953) around the best of some coarse steps."""
    steps = np.linspace(low, high, 25)
    best = int(np.argmin([cost(step) for step in steps]))
    left, right = steps[max(best - 1, 0)], steps[min(best + 1, len(steps) - 1)]
    lower, upper = right - _SHRINK * (right - left), left + _SHRINK * (right - left)
    cost_lower, cost_upper = cost(lower), cost(upper)
    while right - left > 1e-4:
        if cost_lower <= cost_upper:
            right, upper, cost_upper = upper, lower, cost_lower
            lower = right - _SHRINK * (right - left)
            cost_lower = cost(lower)
        else:
            left, lower, cost_lower = lower, upper, cost_upper
            upper = left + _SHRINK * (right - left)
            cost_upper = cost(upper)
    return float((left + right) / 2)


def _bin(
    sure: Float[np.ndarray, " N"],
    is_right: Bool[np.ndarray, " N"],
    part: Int[np.ndarray, " M"],
    edges: Float[np.ndarray, " E"] | None,
    number: int,
) -> Bin:
    of_bin = sure[part]
    low, high = (
        (of_bin.min(), of_bin.max()) if edges is None else edges[number : number + 2]
    )
    return Bin(
        low=float(low),
        high=float(high),
        count=len(part),
        confidence=float(of_bin.mean()),
        accuracy=float(is_right[part].mean()),
    )
