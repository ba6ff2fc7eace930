"""Training against validation loss over a whole run, and a learning-rate search."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unfreeze.insight.charts.frame import Axis, Frame, legend, linear_axis, log_axis
from unfreeze.insight.markup import Html, tag
from unfreeze.numerics.smoothing import smoothed
from unfreeze.numerics.suggest import Curve, smooth_curve, up_to_explosion

__all__ = ["FitLosses", "loss_chart", "rate_chart"]

_MOST_POINTS = 400
"""More than can be told apart in a chart."""


@dataclass(frozen=True, slots=True)
class FitLosses:
    """The losses of one fit, in nats."""

    name: str
    losses: Sequence[float]
    """Of every batch, before smoothing."""

    valid: Sequence[tuple[int, float]]
    """(batches done in this fit, validation loss) after each epoch."""


def loss_chart(fits: Sequence[FitLosses], begins_at: int | None = None) -> Html:
    """Draw all fits of a run one after the other.

    Args:
        fits: In the order in which they were run.
        begins_at: Batch of the whole run after which over-fitting shows.
    """
    ends = np.cumsum([0, *(len(fit.losses) for fit in fits)])
    across = linear_axis(0, max(int(ends[-1]), 1), _whole)
    frame = Frame(across, _loss_axis(fits), height=288, top=30)
    parts = frame.axes("batch", "loss (nats)")
    for number, (fit, begin) in enumerate(zip(fits, ends, strict=False)):
        if number:
            parts.append(_border(frame, float(begin)))
        parts += _lines_of(frame, fit, int(begin))
    if begins_at is not None:
        parts += frame.upright(begins_at, "over-fitting begins", "bad")
    # Above the frame, where no curve can be.
    parts += legend([("training", "blue"), ("validation", "orange")], frame.left, 16)
    return frame.drawn("Training and validation loss over all batches.", parts)


def rate_chart(
    curves: Sequence[Curve],
    suggested: float | None,
    low: float | None = None,
    high: float | None = None,
) -> Html:
    """Draw loss against learning rate, with the rate that was suggested.

    Args:
        curves: One for each sweep; all are drawn, those behind the first faintly. Dots
            are batches, and the lines end where losses explode.
        suggested: What the search came to. Training may take less of it.
        low: Where the stretch begins in which sweeps agree.
        high: Where it ends.
    """
    whole = [smooth_curve(curve) for curve in curves]
    rates = np.concatenate([np.asarray(curve.rates) for curve in whole])
    smooth = [up_to_explosion(curve) for curve in whole]
    losses = np.concatenate([np.asarray(curve.losses) for curve in smooth])
    if not len(rates):
        return tag("p", "The sweep brought no finite loss.")
    top = float(losses.max())
    bottom = float(losses.min())
    margin = 0.08 * max(top - bottom, 1e-6)
    frame = Frame(
        log_axis(float(rates.min()), float(rates.max())),
        linear_axis(bottom - margin, top + margin),
    )
    parts = frame.axes("learning rate", "training loss (nats)")
    if low is not None and high is not None:
        ends = [frame.y.low, frame.y.low], [frame.y.high, frame.y.high]
        parts.append(frame.band([low, high], *ends, "green"))
    for curve in curves:
        parts.append(frame.dots(curve.rates, curve.losses, "blue"))
    for number, curve in enumerate(smooth):
        kind = "line faint" if number else "line"
        parts.append(frame.line(curve.rates, curve.losses, kind, "blue"))
    if suggested is not None:
        parts += frame.upright(suggested, f"suggested: {suggested:.1e}", "green")
    return frame.drawn("Training loss against learning rate.", parts)


def _lines_of(frame: Frame, fit: FitLosses, begin: int) -> list[Html]:
    losses = np.asarray(fit.losses, dtype=float)
    count = len(losses)
    if count == 0:
        return []
    batches = begin + 0.5 + np.arange(count)
    decay = 1 - 1 / float(np.clip(count / 20, 1, 50))
    some = np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).astype(int))
    smooth = np.asarray(smoothed(losses, decay))
    parts = [
        frame.line(batches[some], losses[some], "line faint", "blue"),
        frame.line(batches[some], smooth[some], "line", "blue"),
    ]
    if fit.valid:
        places = [begin + done for done, _ in fit.valid]
        values = [loss for _, loss in fit.valid]
        parts.append(frame.line(places, values, "line", "orange"))
        if len(fit.valid) <= 30:
            parts += [
                frame.dot(place, value, "orange", 2.6)
                for place, value in zip(places, values, strict=True)
                if np.isfinite(value)
            ]
    return parts


def _border(frame: Frame, at: float) -> Html:
    path = f"M{frame.across(at):.1f} {frame.top}V{frame.height - frame.bottom}"
    return tag("path", d=path, class_="grid dashed")


def _loss_axis(fits: Sequence[FitLosses]) -> Axis:
    """From 0 to what most losses lie below: the first few may be off the chart."""
    valid = _finite([loss for fit in fits for _, loss in fit.valid])
    train = _finite([loss for fit in fits for loss in fit.losses])
    high = max(
        float(np.quantile(train, 0.97)) if len(train) else 0.0,
        float(np.quantile(valid, 0.9)) if len(valid) else 0.0,
        1e-3,
    )
    return linear_axis(0.0, 1.1 * high)


def _finite(values: Sequence[float]) -> Float[np.ndarray, " N"]:
    found = np.asarray(values, dtype=float)
    return found[np.isfinite(found)]


def _whole(value: float) -> str:
    return f"{value:,.0f}"
