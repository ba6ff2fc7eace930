"""Which classes were taken for which."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from unfreeze.insight.charts.frame import drawing
from unfreeze.insight.markup import Html, tag
from unfreeze.insight.wording import wrapped

__all__ = ["confusion_chart"]

_MOST_WITH_NUMBERS = 20
_LONGEST_LINE = 18
_LINE_HEIGHT = 13
_LETTER = 6.8


def confusion_chart(matrix: Int[np.ndarray, "K K"], classes: Sequence[str]) -> Html:
    """Draw a confusion matrix: true classes in rows, predicted ones in columns.

    The strength of a cell is its share of the row; right answers are blue, mistakes
    orange. Every cell says its numbers to a pointer that rests on it, and every name
    that was cut says all of itself.
    """
    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(330 / len(classes), 12, 88))
    # Two lines only where they do not run into those of the next class.
    num_lines = 2 if side >= 2 * _LINE_HEIGHT else 1
    names = [wrapped(name, _LONGEST_LINE, num_lines) for name in classes]
    longest = max(len(line) for lines in names for line in lines)
    margin = 24 + _LETTER * longest
    is_steep = len(classes) > 3 or longest * 7 > side
    top = max(margin + 6, 44) if is_steep else 44  # below the words true, predicted
    parts = []
    for row, column in np.ndindex(counts.shape):
        parts += _cell(
            int(counts[row, column]),
            float(shares[row, column]),
            (margin + column * side, top + row * side, side),
            f"{classes[row]} taken for {classes[column]}",
            is_right=row == column,
            has_number=len(classes) <= _MOST_WITH_NUMBERS,
        )
    for number, lines in enumerate(names):
        middle = number * side + side / 2
        whole = tag("title", classes[number])
        parts.append(
            _name(
                lines, whole, f"translate({margin - 8:.1f} {top + middle:.1f})", "end"
            )
        )
        turned = "rotate(-90)" if is_steep else ""
        at = f"translate({margin + middle:.1f} {top - 8:.1f}){turned}"
        parts.append(_name(lines, whole, at, "start" if is_steep else "middle"))
    end = margin + len(classes) * side
    parts.append(tag("text", "true", x=4, y=14, class_="strong"))
    parts.append(
        tag("text", "predicted", x=end, y=14, text_anchor="end", class_="strong")
    )
    height = top + len(classes) * side + 4
    mistakes = int(counts.sum() - np.trace(counts))
    words = f"Confusion matrix of {len(classes)} classes, {mistakes} mistakes."
    return drawing(end + 4, height, words, parts)


def _cell(
    count: int,
    share: float,
    place: tuple[float, float, float],
    words: str,
    *,
    is_right: bool,
    has_number: bool,
) -> list[Html]:
    x, y, side = place
    title = tag("title", f"{words}: {count} ({share:.0%})")
    colour = "blue" if is_right else "orange"
    box = {"x": x, "y": y, "width": side - 2, "height": side - 2, "rx": 4}
    parts = [
        tag("rect", title, **box, class_="cell"),
        tag(
            "rect",
            title,
            **box,
            fill=f"var(--{colour})",
            fill_opacity=f"{0.85 * np.sqrt(share):.2f}",
        ),
    ]
    if has_number and side >= 16:
        kind = "cell-full" if share > 0.45 else "cell-words" if count else "cell-none"
        middle = (x + side / 2 - 1, y + side / 2 + 3.5)
        parts.append(
            tag(
                "text", str(count), x=middle[0], y=middle[1], text_anchor="middle",
                class_=kind,
            )
        )  # fmt: skip
    return parts


def _name(lines: Sequence[str], whole: Html, place: str, anchor: str) -> Html:
    """The lines of a name, one below the other, their middle at a place."""
    first = 4 - _LINE_HEIGHT * (len(lines) - 1) / 2
    parts = [
        tag("tspan", line.strip(), x=0, y=first + _LINE_HEIGHT * number)
        for number, line in enumerate(lines)
    ]
    return tag("text", [whole, *parts], transform=place, text_anchor=anchor)
