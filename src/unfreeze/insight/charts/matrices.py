"""Which classes were taken for which."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from unfreeze.insight.charts.frame import drawing
from unfreeze.insight.markup import Html, tag
from unfreeze.insight.wording import shortened

__all__ = ["confusion_chart"]

_MOST_WITH_NUMBERS = 20
_LONGEST_NAME = 18


def confusion_chart(matrix: Int[np.ndarray, "K K"], classes: Sequence[str]) -> Html:
    """Draw a confusion matrix: true classes in rows, predicted ones in columns.

    The strength of a cell is its share of the row; right answers are blue, mistakes
    orange. Every cell says its numbers to a pointer that rests on it.
    """
    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(330 / len(classes), 12, 88))
    names = [shortened(name, _LONGEST_NAME) for name in classes]
    margin = 24 + 6.8 * max(map(len, names))
    top = margin if len(classes) > 3 or max(map(len, names)) * 7 > side else 44
    parts = []
    for row, column in np.ndindex(counts.shape):
        parts += _cell(
            counts[row, column],
            shares[row, column],
            (margin + column * side, top + row * side, side),
            f"{classes[row]} taken for {classes[column]}",
            is_right=row == column,
            has_number=len(classes) <= _MOST_WITH_NUMBERS,
        )
    for number, name in enumerate(names):
        middle = number * side + side / 2
        parts.append(
            tag("text", name, x=margin - 8, y=top + middle + 4, text_anchor="end")
        )
        parts.append(_column_name(name, margin + middle, top - 8, is_steep=top != 44))
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


def _column_name(name: str, x: float, y: float, *, is_steep: bool) -> Html:
    if not is_steep:
        return tag("text", name, x=x, y=y, text_anchor="middle")
    place = f"translate({x + 4:.1f} {y:.1f})rotate(-90)"
    return tag("text", name, transform=place)
