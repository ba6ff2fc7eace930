"""Axes, ticks and lines: what all charts share."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from unfreeze.insight.markup import Html, tag

__all__ = ["Axis", "Frame", "drawing", "legend", "linear_axis", "log_axis"]

Numbers = Sequence[float] | Float[np.ndarray, " N"]

_LETTER = 6.6
"""Width of a letter or a digit, about."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of numbers, and those that are written beside it."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    is_log: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number lies on it."""
        return self.low <= value <= self.high

    def place(self, value: float) -> float:
        """Where a number lies, 0 at the low end and 1 at the high one; never beyond."""
        ends = (self.low, value, self.high)
        low, here, high = map(math.log10, ends) if self.is_log else ends
        return min(max((here - low) / (high - low), 0.0), 1.0)


def linear_axis(
    low: float,
    high: float,
    words: Callable[[float], str] = "{:g}".format,
    count: int = 5,
) -> Axis:
    """Cover all numbers from ``low`` to ``high``, with about ``count`` round ticks."""
    if not high > low:
        low, high = low - 0.5 * max(abs(low), 1e-3), high + 0.5 * max(abs(high), 1e-3)
    step = _round_step((high - low) / count)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    values = [round(number * step, 12) for number in range(first, last + 1)]
    return Axis(low, high, tuple((value, words(value)) for value in values))


def log_axis(low: float, high: float) -> Axis:
    """Cover all numbers from ``low`` to ``high``, both above 0.

    Ticks are powers of ten; where less than two of them fit, 2 and 5 times as well.
    """
    if not high > low:
        low, high = low / 2, 2 * high
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    every = max(1, math.ceil((last - first + 1) / 7))
    values = [10.0**power for power in range(first, last + 1, every)]
    if len(values) < 3:
        values = [
            times * 10.0**power
            for power in range(first - 1, last + 1)
            for times in (1, 2, 5)
            if low <= times * 10.0**power <= high
        ]
    return Axis(low, high, tuple((n, _short(n)) for n in values), is_log=True)


@dataclass(frozen=True, slots=True)
class Frame:
    """A place for a chart: numbers in, coordinates out."""

    x: Axis
    y: Axis
    width: int = 440
    height: int = 270
    right: int = 20
    top: int = 12
    bottom: int = 42
    grid_y: bool = field(default=True)

    @property
    def left(self) -> float:
        """Room for the name of the vertical axis, and for its longest number."""
        longest = max((len(words) for _, words in self.y.ticks), default=0)
        return max(62.0, 29 + _LETTER * longest)

    def across(self, value: float) -> float:
        """Horizontal coordinate of a number."""
        return self.left + self.x.place(value) * (self.width - self.left - self.right)

    def down(self, value: float) -> float:
        """Vertical coordinate of a number."""
        return (
            self.height
            - self.bottom
            - self.y.place(value) * (self.height - self.top - self.bottom)
        )

    def line(self, xs: Numbers, ys: Numbers, kind: str, colour: str) -> Html:
        """Join points; where a number is not finite there is a gap.

        Args:
            xs: Numbers on the horizontal axis.
            ys: As many on the vertical one.
            kind: Classes of the style sheet: ``line``, and ``faint`` or ``dashed``.
            colour: Name of one of its variables, such as ``blue``.
        """
        words, is_down = [], False
        for x, y in zip(xs, ys, strict=True):
            if not (math.isfinite(x) and math.isfinite(y)):
                is_down = False
                continue
            words.append(f"{'L' if is_down else 'M'}{self._point(x, y)}")
            is_down = True
        return tag("path", d="".join(words), class_=kind, stroke=f"var(--{colour})")

    def band(self, xs: Numbers, lows: Numbers, highs: Numbers, colour: str) -> Html:
        """Fill between two lines."""
        there = [self._point(x, y) for x, y in zip(xs, highs, strict=True)]
        back = [self._point(x, y) for x, y in zip(xs, lows, strict=True)]
        shape = f"M{'L'.join([*there, *reversed(back)])}Z"
        return tag("path", d=shape, class_="band", fill=f"var(--{colour})")

    def dot(self, x: float, y: float, colour: str, radius: float = 3.5) -> Html:
        """Mark a point."""
        return tag(
            "circle",
            cx=self.across(x),
            cy=self.down(y),
            r=radius,
            fill=f"var(--{colour})",
        )

    def dots(self, xs: Numbers, ys: Numbers, colour: str) -> Html:
        """Mark many points faintly. Those beyond an axis are left out."""
        places = (
            f"M{self._point(x, y)}h0"
            for x, y in zip(xs, ys, strict=True)
            if self.x.holds(x) and self.y.holds(y)
        )
        path = "".join(places)
        return tag("path", d=path, class_="dots", stroke=f"var(--{colour})")

    def upright(self, x: float, words: str, colour: str) -> tuple[Html, Html]:
        """A dashed line at a number, with words at its head."""
        at = self.across(x)
        is_left = at > 0.6 * self.width
        dashes = tag(
            "path",
            d=f"M{at:.1f} {self.top}V{self.height - self.bottom}",
            class_="line dashed",
            stroke=f"var(--{colour})",
        )
        text = tag(
            "text",
            words,
            x=at + (-6 if is_left else 6),
            y=self.top + 12,
            text_anchor="end" if is_left else "start",
            class_="strong",
        )
        return dashes, text

    def axes(self, x_name: str, y_name: str) -> list[Html]:
        """Grid, ticks and names of both axes."""
        floor = self.height - self.bottom
        parts = []
        for value, words in self.y.ticks:
            at = self.down(value)
            if self.grid_y:
                path = f"M{self.left} {at:.1f}H{self.width - self.right}"
                parts.append(tag("path", d=path, class_="grid"))
            parts.append(
                tag("text", words, x=self.left - 7, y=at + 4, text_anchor="end")
            )
        for value, words in self.x.ticks:
            at = self.across(value)
            parts.append(tag("path", d=f"M{at:.1f} {floor}v4", class_="axis"))
            parts.append(tag("text", words, x=at, y=floor + 17, text_anchor="middle"))
        path = f"M{self.left} {floor}H{self.width - self.right}"
        parts.append(tag("path", d=path, class_="axis"))
        middle = (self.left + self.width - self.right) / 2
        parts.append(
            tag("text", x_name, x=middle, y=self.height - 6, text_anchor="middle")
        )
        centre = (self.top + floor) / 2
        parts.append(
            tag(
                "text",
                y_name,
                text_anchor="middle",
                transform=f"translate(13 {centre:.0f})rotate(-90)",
            )
        )
        return parts

    def drawn(self, description: str, parts: Iterable[Html]) -> Html:
        """Put parts together; see ``drawing``."""
        return drawing(self.width, self.height, description, parts)

    def _point(self, x: float, y: float) -> str:
        return f"{self.across(x):.1f} {self.down(y):.1f}"


def drawing(
    width: float, height: float, description: str, parts: Iterable[Html]
) -> Html:
    """A whole picture.

    Args:
        width: In units of the drawing, one of which is about a pixel.
        height: Likewise.
        description: What somebody hears who cannot see it.
        parts: Elements of SVG.
    """
    return Html(
        tag(
            "svg",
            parts,
            viewBox=f"0 0 {width:g} {height:g}",
            width=1.25 * width,
            class_="chart",
            role="img",
            aria_label=description,
        )
    )


def legend(entries: Sequence[tuple[str, str]], x: float, y: float) -> list[Html]:
    """Words with a stroke of their colour before them, in a row: (words, colour)."""
    parts = []
    for words, colour in entries:
        path = f"M{x:.0f} {y - 4:.0f}h16"
        parts.append(tag("path", d=path, class_="line", stroke=f"var(--{colour})"))
        parts.append(tag("text", words, x=x + 21, y=y))
        x += 34 + _LETTER * len(words)
    return parts


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough)


def _short(value: float) -> str:
    power = math.floor(math.log10(value) + 1e-9)
    if -3 <= power <= 4:
        return f"{value:,.{max(0, -power)}f}"
    return f"{value / 10.0**power:.0f}·10{str(power).translate(_RAISED)}".removeprefix(
        "1·"
    )


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
