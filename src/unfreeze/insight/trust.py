"""How far the probabilities of a model can be trusted, and what makes them so.

The same labelled images say which temperature makes the probabilities right and how
far off they were. To say honestly how far off they are afterwards, every image is
judged at a temperature that was found on the other half of the images, for up to a
hundred ways of halving them, so that no single draw decides; the temperature to keep
is then found on all of them. With few images it stays near the usual one, which was
nearer the truth than leaving it out: 69 images cannot tell whether it helps.

An error of calibration is counted in bins, and counting few images makes one even of
probabilities that are right. So each error stands beside what chance alone makes, and
beside what is left of it when that is taken away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from unfreeze.insight.counting import require_labels, require_seen_once
from unfreeze.numerics.calibration import (
    USUAL_TEMPERATURE,
    Bin,
    at_temperature,
    calibration_error,
    debiased,
    errors_by_chance,
    fit_temperature,
    reliability_bins,
)
from unfreeze.numerics.calibration_interval import error_interval
from unfreeze.numerics.intervals import Interval
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.numerics.proper import log_loss
from unfreeze.numerics.rejection import RejectLevel, reject_level
from unfreeze.records import Predictions

__all__ = [
    "METHOD",
    "METHOD_ELSEWHERE",
    "PRECISIONS",
    "Trust",
    "check_trust",
    "measure_trust",
]

_ERROR = (
    "expected calibration error of the most probable class (Naeini 2015, Guo 2017), "
    "15 bins of equal width"
)

_DEBIASED = (
    "debiased: root of the squared error less the mean squared error of probabilities "
    "that are right (consistency resampling, Broecker and Smith 2007)"
)

METHOD = (
    f"{_ERROR}; after: each image at a temperature found on the other half, mean over "
    f"up to 100 halvings with the same share of each class; {_DEBIASED}"
)

METHOD_ELSEWHERE = f"{_ERROR}; after: at the temperature of the model file; {_DEBIASED}"

PRECISIONS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
"""Precisions for which reject thresholds are looked for."""

_HALVINGS = 100
_MOST_JUDGED = 10_000
"""Images over all halvings: of many, one halving says as much as a hundred of few."""

_MOST_PROBABILITIES = 1_000_000
"""Likewise, so that many classes do not take seconds."""

_REDRAWS = 200
_SELDOM = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a temperature makes of a model's probabilities."""

    temperature: float
    """Logits are divided by it; found on all images."""

    ece_before: float
    """Expected calibration error, 0 to 1, without a temperature."""

    ece_after: float
    """Likewise at temperatures that were found on other images."""

    ece_before_debiased: float
    """What is left of the error without a temperature when chance is taken away."""

    ece_after_debiased: float
    """Likewise at temperatures that were found on other images."""

    ece_before_interval: Interval
    """Holds the true error without a temperature in about 95 of 100 cases."""

    ece_after_interval: Interval
    """Likewise at temperatures that were found on other images."""

    ece_by_chance: float
    """Mean error that the confidences afterwards would show by chance alone if they
    were right."""

    ece_visible: float
    """In 95 of 100 cases chance alone shows less than this. An error below it cannot
    be told from none: with few images, it is large."""

    num_halvings: int
    """Over how many ways of halving the images the error afterwards is a mean."""

    log_loss_before: float
    """Nats."""

    log_loss_after: float
    """Nats, at temperatures that were found on other images."""

    method: str
    reliability_before: tuple[Bin, ...]
    """Equal widths of confidence, without a temperature."""

    reliability_after: tuple[Bin, ...]
    """Likewise at temperatures that were found on other images (one halving)."""

    reject: tuple[RejectLevel, ...]
    """From which probability on, at the temperature, answers are right often enough.
    Empty where images carry several labels."""


def measure_trust(
    predictions: Predictions,
    *,
    seed: int = 0,
    precisions: Sequence[float] = PRECISIONS,
    usual: float = USUAL_TEMPERATURE,
) -> Trust:
    """Find the temperature of a model, and how right its probabilities are with it.

    Where images carry several labels, each label of each image is a yes or no of its
    own: its bins compare probabilities with how often the label is there.

    Args:
        predictions: Of images that the model has not learned from, as it gives them
            without a temperature.
        seed: Keys the halvings.
        precisions: For which to look for reject thresholds.
        usual: Temperature to believe in before any image is seen; 1 for averages over
            views, which are not too sure.

    Raises:
        DataError: If there are no images, an image is counted twice, or images have no
            labels.
    """
    raw, labels = _checked(predictions)
    is_multi = labels.ndim == 2
    temperature = fit_temperature(raw, labels, usual)
    others = [
        _at_temperature_of_other_half(raw, labels, usual, rng)
        for rng in _keyed(seed, _num_halvings(raw))
    ]
    kept = _answers(at_temperature(raw, temperature, is_multi=is_multi), labels)
    wanted = () if is_multi else precisions
    return _compared(
        raw,
        others,
        labels,
        temperature=temperature,
        method=METHOD,
        reject=tuple(reject_level(*kept.columns(), each) for each in wanted),
        seed=seed,
    )


def check_trust(
    predictions: Predictions,
    temperature: float,
    thresholds: Sequence[tuple[float, float]] = (),
) -> Trust:
    """Find out what a temperature, found elsewhere, makes of other images.

    Args:
        predictions: As the model gives them without a temperature.
        temperature: Above 0.
        thresholds: (promised precision, probability from which on answers are
            accepted) of each reject threshold, to see what they are worth here.

    Raises:
        DataError: As ``measure_trust`` does.
    """
    raw, labels = _checked(predictions)
    scaled = at_temperature(raw, temperature, is_multi=labels.ndim == 2)
    answers = _answers(scaled, labels)
    return _compared(
        raw,
        [scaled],
        labels,
        temperature=temperature,
        method=METHOD_ELSEWHERE,
        reject=tuple(answers.accepted(*each) for each in thresholds),
        seed=0,
    )


def _checked(
    predictions: Predictions,
) -> tuple[Float[np.ndarray, "N K"], np.ndarray]:
    require_seen_once(predictions)
    labels = require_labels(predictions)
    return np.asarray(predictions.log_probs, dtype=np.float64), labels


def _compared(  # noqa: PLR0913  # what a record of trust is made of
    raw: Float[np.ndarray, "N K"],
    scaled: Sequence[Float[np.ndarray, "N K"]],
    labels: np.ndarray,
    *,
    temperature: float,
    method: str,
    reject: tuple[RejectLevel, ...],
    seed: int,
) -> Trust:
    """Put probabilities as they are beside the same ones at some temperatures."""
    before = _answers(raw, labels)
    after = [_answers(each, labels) for each in scaled]
    error, errors = before.error(), [each.error() for each in after]
    chance, chances = _by_chance([before], seed), _by_chance(after, seed)
    return Trust(
        temperature=temperature,
        ece_before=error,
        ece_after=float(np.mean(errors)),
        ece_before_debiased=debiased([error], chance),
        ece_after_debiased=debiased(errors, chances),
        ece_before_interval=before.interval(error, seed, 1),
        ece_after_interval=after[0].interval(float(np.mean(errors)), seed, 2),
        ece_by_chance=float(chances.mean()),
        ece_visible=float(np.quantile(chances, _SELDOM)),
        num_halvings=len(after),
        log_loss_before=log_loss(raw, labels),
        log_loss_after=float(np.mean([log_loss(each, labels) for each in scaled])),
        method=method,
        reliability_before=before.bins(),
        reliability_after=after[0].bins(),
        reject=reject,
    )


def _by_chance(answers: Sequence["_Answers"], seed: int) -> Float[np.ndarray, " R"]:
    """Errors that chance alone makes, were the probabilities right."""
    rng = rng_for(seed, Purpose.CHANCE)
    draws = -(-_REDRAWS // len(answers))
    found = [errors_by_chance(each.confidence, rng, draws) for each in answers]
    return np.concatenate(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    confidence: Float[np.ndarray, " M"]
    is_right: Bool[np.ndarray, " M"]

    def columns(self) -> tuple[Float[np.ndarray, " M"], Bool[np.ndarray, " M"]]:
        return self.confidence, self.is_right

    def accepted(self, precision: float, threshold: float) -> RejectLevel:
        """Count what a threshold lets through."""
        is_sure = self.confidence >= threshold
        return RejectLevel(
            precision=precision,
            threshold=threshold,
            coverage=float(is_sure.mean()),
            accepted=int(is_sure.sum()),
            wrong=int((is_sure & ~self.is_right).sum()),
        )

    def bins(self) -> tuple[Bin, ...]:
        return reliability_bins(self.confidence, self.is_right)

    def error(self) -> float:
        return calibration_error(self.bins())

    def interval(self, error: float, seed: int, number: int) -> Interval:
        """What the true error may be; ``number`` keys the draws."""
        rng = rng_for(seed, Purpose.CHANCE, epoch=number)
        return error_interval(self.confidence, error, rng)


def _answers(logs: Float[np.ndarray, "N K"], labels: np.ndarray) -> _Answers:
    probs = np.exp(logs)
    if labels.ndim == 2:
        return _Answers(probs.ravel(), labels.ravel() > 0.5)
    return _Answers(probs.max(axis=1), probs.argmax(axis=1) == labels)


def _num_halvings(logs: Float[np.ndarray, "N K"]) -> int:
    affordable = min(_MOST_JUDGED / len(logs), _MOST_PROBABILITIES / logs.size)
    return min(_HALVINGS, 1 + int(affordable))


def _keyed(seed: int, count: int) -> Iterator[np.random.Generator]:
    return (rng_for(seed, Purpose.HALVES, epoch=each) for each in range(count))


def _at_temperature_of_other_half(
    logs: Float[np.ndarray, "N K"],
    labels: np.ndarray,
    usual: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "N K"]:
    """Half the images at the temperature of the others, and the other way round."""
    if len(logs) < 2:
        return logs
    order = rng.permutation(len(logs))
    if labels.ndim == 1:  # as many of each class in both
        order = order[np.argsort(labels[order], kind="stable")]
    halves = (order[::2], order[1::2])
    found = np.empty_like(logs)
    for here, there in (halves, halves[::-1]):
        temperature = fit_temperature(logs[there], labels[there], usual)
        found[here] = at_temperature(logs[here], temperature, is_multi=labels.ndim == 2)
    return found
