"""Choose a learning rate from the losses of a rising-rate sweep.

The lesson's rule: the highest rate at which the loss still clearly improves. Here:
the rate at which the loss has made nine tenths of its fall, and in any case half a
decade below its lowest point. What is left of the fall is no clear improvement, and
where exactly the lowest point of a flat valley lies is chance. After Smith, "Cyclical
learning rates for training neural networks", 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float

from unfreeze.numerics.smoothing import local_lines, running_median

__all__ = [
    "Curve",
    "Suggestion",
    "Verdict",
    "smooth_curve",
    "suggest",
    "up_to_explosion",
]

Verdict: TypeAlias = Literal[
    "stable", "usable", "single sweep", "no clear minimum", "nothing to gain"
]

_FEWEST_POINTS = 4
_MOST_POINTS = 300  # longer sweeps are thinned: the fit takes memory N * N
_WIDTH = 0.2  # decades over which noise is averaged
_CHOSEN_FALL = 0.9  # share of the fall that is made at the chosen rate ...
_STRETCH = (0.75, 0.95)  # ... and at the ends of the stretch around it
_LEAST_DISTANCE = 0.5  # decades from the lowest loss down to the choice
_LEAST_WAY = 1.0  # decades from the first rate up to the lowest loss
_CLEAR_FALL = 0.03  # share of the first loss that a fall must exceed ...
_CLEAR_NOISE = 7.0  # ... and how many times its own uncertainty
_NEXT_TO_NOTHING = 0.05  # nats; what is true is held for 95 % probable
_STABLE_SPREAD = 0.5  # decades between repeats; half a decade is a factor of 3
_USABLE_SPREAD = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One sweep: the loss of each batch, before any smoothing, at its rate."""

    rates: Sequence[float] | Float[np.ndarray, " N"]
    """Above 0, rising."""

    losses: Sequence[float] | Float[np.ndarray, " N"]
    """In nats. Values that are not finite numbers are left out."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A learning rate and how far to trust it."""

    rate: float | None
    """None where the sweeps do not support a choice."""

    low: float | None
    high: float | None
    """Where the choices of repeated sweeps lie; for a single sweep, the stretch in
    which its loss clearly falls."""

    verdict: Verdict
    """Stable: repeats lie within half a decade. Usable: within one decade. Nothing to
    gain: the loss is next to nothing before it begins to fall."""

    reason: str
    """One sentence for the person who decides."""


@dataclass(frozen=True, slots=True)
class _Choice:
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _NoChoice:
    reason: str
    verdict: Verdict = "no clear minimum"


def suggest(curves: Sequence[Curve]) -> Suggestion:
    """Choose a rate from one sweep, or better from several that differ by chance.

    Returns:
        The median choice on a log scale, with its interval, a verdict and a reason.
    """
    verdicts = [_choose(curve) for curve in curves]
    choices = [verdict for verdict in verdicts if isinstance(verdict, _Choice)]
    refusals = [verdict for verdict in verdicts if isinstance(verdict, _NoChoice)]
    if 2 * len(choices) <= len(curves):
        refusal = refusals[0] if refusals else _NoChoice("There was no sweep.")
        return Suggestion(None, None, None, refusal.verdict, refusal.reason)
    if len(curves) == 1:
        return _from_one(choices[0])
    return _from_several(choices, len(curves))


def smooth_curve(curve: Curve) -> Curve:
    """Take out noise, spikes and the final explosion: what ``suggest`` looks at.

    Fewer than four finite losses come back as they are.
    """
    sweep = _cleaned(curve)
    if len(sweep.decades) < _FEWEST_POINTS:
        return Curve(10**sweep.decades, sweep.losses)
    heights = local_lines(sweep.decades, sweep.losses, sweep.width)
    return Curve(10**sweep.decades, heights)


def up_to_explosion(smooth: Curve) -> Curve:
    """Leave out what a smooth curve only holds because explosions are capped.

    Args:
        smooth: What ``smooth_curve`` gave.
    """
    rates, losses = np.asarray(smooth.rates), np.asarray(smooth.losses)
    if len(losses) == 0:
        return smooth
    lowest = int(losses.argmin())
    at_top = np.flatnonzero(losses[lowest:] > 0.99 * losses.max())
    end = lowest + int(at_top[0]) + 1 if len(at_top) else len(losses)
    return Curve(rates[:end], losses[:end])


def _from_one(choice: _Choice) -> Suggestion:
    return Suggestion(
        choice.rate,
        choice.low,
        choice.high,
        "single sweep",
        f"The loss still falls clearly from {choice.low:.1e} to {choice.high:.1e}. "
        "Repeat the sweep to see how stable this is.",
    )


def _from_several(choices: Sequence[_Choice], num_sweeps: int) -> Suggestion:
    rates = np.array([choice.rate for choice in choices])
    low, high = float(rates.min()), float(rates.max())
    spread = float(np.log10(high / low))
    found = f"{len(choices)} of {num_sweeps} sweeps chose {low:.1e} to {high:.1e}"
    if spread > _USABLE_SPREAD:
        reason = f"{found}, {spread:.1f} decades apart. Sweep with larger batches."
        return Suggestion(None, low, high, "no clear minimum", reason)
    is_stable = spread <= _STABLE_SPREAD and len(choices) == num_sweeps
    return Suggestion(
        float(10 ** np.median(np.log10(rates))),
        low,
        high,
        "stable" if is_stable else "usable",
        f"{found}.",
    )


def _choose(curve: Curve) -> _Choice | _NoChoice:
    sweep = _cleaned(curve)
    if len(sweep.decades) < _FEWEST_POINTS:
        return _NoChoice(
            f"{len(sweep.decades)} finite losses are too few. Start the sweep lower."
        )
    heights = local_lines(sweep.decades, sweep.losses, sweep.width)
    lowest = int(heights.argmin())
    fall = heights[: lowest + 1].max() - heights[lowest]
    needed = max(_CLEAR_FALL * abs(heights[0]), _CLEAR_NOISE * sweep.uncertainty)
    if sweep.decades[lowest] - sweep.decades[0] < _LEAST_WAY or fall < needed:
        return _why_not(float(np.median(sweep.losses)), heights, needed)
    latest = sweep.decades[lowest] - _LEAST_DISTANCE
    low, rate, high = (
        float(10 ** min(_decade_of(share, sweep.decades, heights, lowest), latest))
        for share in (_STRETCH[0], _CHOSEN_FALL, _STRETCH[1])
    )
    return _Choice(rate, low, high)


def _decade_of(
    share: float,
    decades: Float[np.ndarray, " N"],
    heights: Float[np.ndarray, " N"],
    lowest: int,
) -> float:
    """Where the way from the highest to the lowest point is made to ``share``."""
    way_down = heights[: lowest + 1]
    highest = int(way_down.argmax())
    wanted = way_down[highest] - share * (way_down[highest] - heights[lowest])
    after = highest + int(np.argmax(way_down[highest:] <= wanted))
    before = max(after - 1, 0)
    drop = heights[before] - heights[after]
    part = (heights[before] - wanted) / drop if drop > 0 else 1.0
    return float(decades[before] + part * (decades[after] - decades[before]))


def _why_not(
    level: float, heights: Float[np.ndarray, " N"], needed: float
) -> _NoChoice:
    if level < _NEXT_TO_NOTHING:
        return _NoChoice(
            f"The loss is {level:.2g} from the beginning and does not fall clearly.",
            "nothing to gain",
        )
    if heights[-1] - heights[0] > needed:
        return _NoChoice(
            "The loss rises without having fallen clearly. Start the sweep lower."
        )
    return _NoChoice(
        "The loss never falls beyond its noise. Sweep with larger batches."
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sweep:
    """A curve without gaps, spikes, and the explosion at its end."""

    decades: Float[np.ndarray, " N"]
    """Log10 of the rates."""

    losses: Float[np.ndarray, " N"]
    width: float
    """Decades over which to fit a line."""

    uncertainty: float
    """What noise leaves in a fitted loss; a standard deviation."""


def _cleaned(curve: Curve) -> _Sweep:
    rates = np.asarray(curve.rates, dtype=float)
    raw = np.asarray(curve.losses, dtype=float)
    is_usable = np.isfinite(raw) & (rates > 0)
    decades, raw = np.log10(rates[is_usable]), raw[is_usable]
    if len(raw) < _FEWEST_POINTS:
        return _Sweep(decades, raw, width=_WIDTH, uncertainty=0.0)
    spacing = float(decades[-1] - decades[0]) / (len(decades) - 1)
    width = max(_WIDTH, 0.4 * spacing)
    num_averaged = 2 * np.sqrt(np.pi) * width / spacing
    return _Sweep(
        decades=_thinned(decades),
        losses=_thinned(_without_outliers(raw)),
        width=width,
        uncertainty=float(_noise(raw) / np.sqrt(num_averaged)),
    )


def _without_outliers(losses: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Drop lone spikes, and cap the explosion at as much rise as there was fall."""
    count = len(losses)
    losses = running_median(losses, 5 if count >= 20 else 3 if count >= 12 else 1)
    begin = float(np.median(losses[: max(1, count // 10)]))
    return np.minimum(losses, begin + max(begin - losses.min(), 0.05 * abs(begin)))


def _noise(losses: Float[np.ndarray, " N"]) -> float:
    """Standard deviation from second differences, which no straight trend moves.

    The median makes it robust; 1.4826 turns it into a normal standard deviation, and
    the second difference of independent values has 6 times their variance. Too few
    points give no estimate.
    """
    if len(losses) < 10:
        return 0.0
    return float(1.4826 * np.median(np.abs(np.diff(losses, 2))) / np.sqrt(6))


def _thinned(values: Float[np.ndarray, " N"]) -> Float[np.ndarray, " M"]:
    parts = min(len(values), _MOST_POINTS)
    return np.array([part.mean() for part in np.array_split(values, parts)])
