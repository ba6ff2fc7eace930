"""Accuracy against the number of photos, measured and forecast."""

import numpy as np

from unfreeze.insight.charts.frame import Frame, legend, linear_axis, log_axis
from unfreeze.insight.markup import Html
from unfreeze.insight.wording import percent
from unfreeze.numerics.learning_curves import Forecast

__all__ = ["learning_chart"]


def learning_chart(forecast: Forecast) -> Html:
    """Draw the mistakes of heads that saw few and many photos, and the law in it."""
    points = forecast.points
    photos = [point.photos for point in points]
    end = 1.6 * (photos[-1] + forecast.more)
    top = max(point.high for point in points)
    frame = Frame(
        log_axis(photos[0], end),
        linear_axis(0, 1.12 * max(top, 0.01), percent),
        height=288,
        top=30,
    )
    parts = frame.axes("photos to learn from", "mistakes of a quick head")
    lows = [point.low for point in points]
    highs = [point.high for point in points]
    parts.append(frame.band(photos, lows, highs, "blue"))
    known = np.geomspace(photos[0], photos[-1], 30)
    ahead = np.geomspace(photos[-1], end, 20)
    law = forecast.law
    parts.append(frame.line(known, [law.error(n) for n in known], "line", "blue"))
    expected = [law.error(n) for n in ahead]
    parts.append(frame.line(ahead, expected, "line dashed", "blue"))
    parts += [frame.dot(point.photos, point.error, "blue") for point in points]
    parts += legend([("measured, and continued", "blue")], frame.left, 16)
    return frame.drawn("Share of mistakes against number of photos.", parts)
