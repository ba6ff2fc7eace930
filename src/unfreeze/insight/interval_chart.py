"""An interval drawn on a line that has worse on its left and better on its right."""

import math

from unfreeze.insight.markup import Html, tag

__all__ = ["interval_chart"]

_WIDTH, _HEIGHT, _MARGIN, _MIDDLE = 420, 96, 24, 38


def interval_chart(value: float, interval: tuple[float, float]) -> Html:
    """Draw a difference of shares with its interval, in percentage points.

    Args:
        value: Measured difference, -1 to 1.
        interval: Its ends.
    """
    step = _round_step(max(abs(each) for each in (*interval, 0.001)) * 100)
    reach = step * math.ceil(max(abs(each) for each in interval) * 100 / step)
    reach = max(reach, step)

    def x(share: float) -> float:
        usable = _WIDTH - 2 * _MARGIN
        return round(_MARGIN + usable * (share * 100 + reach) / (2 * reach), 2)

    ticks = [
        step * number for number in range(-round(reach / step), round(reach / step) + 1)
    ]
    low, high = interval
    return tag(
        "svg",
        [
            *(_tick(x(each / 100), f"{each:+g}" if each else "0") for each in ticks),
            tag("rect", x=x(low), y=_MIDDLE - 9, width=max(x(high) - x(low), 1),
                height=18, rx=9, fill="var(--series-1)", class_="band"),
            tag("line", x1=x(low), x2=x(high), y1=_MIDDLE, y2=_MIDDLE,
                stroke="var(--series-1)", class_="line"),
            tag("line", x1=x(0), x2=x(0), y1=10, y2=_HEIGHT - 30, class_="axis"),
            tag("circle", cx=x(value), cy=_MIDDLE, r=6, fill="var(--series-1)"),
            tag("text", "worse", x=_MARGIN, y=_HEIGHT - 2),
            tag("text", "better", x=_WIDTH - _MARGIN, y=_HEIGHT - 2,
                text_anchor="end"),
        ],
        class_="chart",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label="The difference in accuracy and its interval, in points",
    )  # fmt: skip


def _tick(x: float, words: str) -> Html:
    return Html(
        tag("line", x1=x, x2=x, y1=14, y2=_HEIGHT - 34, class_="grid")
        + tag("text", words, x=x, y=_HEIGHT - 18, text_anchor="middle")
    )


def _round_step(reach: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that fits ``reach`` 1 to 4 times."""
    power = 10.0 ** math.floor(math.log10(reach))
    factors = (0.25, 0.5, 1, 2, 5)
    return power * next(each for each in factors if reach <= 4 * each * power)
