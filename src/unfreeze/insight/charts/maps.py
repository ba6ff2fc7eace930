"""The photos of a split as points: near each other where the model sees them alike."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from unfreeze.insight.charts.frame import drawing
from unfreeze.insight.markup import Html, tag
from unfreeze.insight.wording import shortened

__all__ = ["feature_map_chart", "series_colour"]

_NUM_COLOURS = 8
_SIDE = 440
_MARGIN = 14
_MOST_POINTS = 3000
_MOST_NAMES = 16


def series_colour(number: int) -> str:
    """Variable of the style sheet for one of several things side by side."""
    return f"series-{number % _NUM_COLOURS + 1}"


def feature_map_chart(
    places: Float[np.ndarray, "N 2"],
    labels: Int[np.ndarray, " N"],
    is_wrong: Bool[np.ndarray, " N"],
    classes: Sequence[str],
    names: Sequence[str] = (),
) -> Html:
    """Draw a feature map: dots coloured by true class, crosses on mistakes.

    Args:
        places: Of each photo; units do not matter.
        labels: True class numbers.
        is_wrong: Which photos were taken for another class.
        classes: Names of all classes.
        names: Of the photos, shown to a pointer that rests on a mistake.
    """
    rows = _some_rows(is_wrong)
    low, high = places.min(axis=0), places.max(axis=0)
    scaled = (places - low) / np.maximum(high - low, 1e-12)
    points = _MARGIN + scaled * (_SIDE - 2 * _MARGIN)
    parts = []
    for row in rows[np.argsort(is_wrong[rows], kind="stable")]:
        x, y = points[row]
        colour = f"var(--{series_colour(int(labels[row]))})"
        parts.append(tag("circle", cx=x, cy=_SIDE - y, r=3, fill=colour, class_="spot"))
        if is_wrong[row]:
            parts.append(_cross(x, _SIDE - y, names[row] if len(names) else ""))
    parts += _legend(classes)
    lines = (min(len(classes), _MOST_NAMES) + 2) // 2
    words = f"Feature map of {len(places)} photos, {int(is_wrong.sum())} mistakes."
    return drawing(_SIDE, _SIDE + 12 + 20 * lines, words, parts)


def _some_rows(is_wrong: Bool[np.ndarray, " N"]) -> Int[np.ndarray, " M"]:
    """As many mistakes and as many others as a page can carry, evenly spread."""
    rows = (np.flatnonzero(~is_wrong), np.flatnonzero(is_wrong))
    return np.concatenate(
        [each[:: max(1, -(-len(each) // _MOST_POINTS))] for each in rows]
    )


def _cross(x: float, y: float, name: str) -> Html:
    path = f"M{x - 5:.1f} {y - 5:.1f}l10 10M{x - 5:.1f} {y + 5:.1f}l10 -10"
    return tag("path", tag("title", name), d=path, class_="cross")


def _legend(classes: Sequence[str]) -> list[Html]:
    """Colours of the classes in two columns, and what a cross is."""
    parts = []
    shown = list(classes[:_MOST_NAMES])
    for number, name in enumerate([*shown, None]):
        x = 8 + (number % 2) * _SIDE / 2
        y = _SIDE + 20 + 20 * (number // 2)
        if name is None:
            parts.append(_cross(x + 5, y - 4, ""))
            words = "a mistake"
        else:
            colour = f"var(--{series_colour(number)})"
            parts.append(tag("circle", cx=x + 5, cy=y - 4, r=5, fill=colour))
            words = shortened(name, 26)
        parts.append(tag("text", words, x=x + 17, y=y))
    return parts
