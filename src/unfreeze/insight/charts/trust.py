"""How far probabilities can be trusted: reliability, and what a threshold buys."""

from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.insight.charts.frame import Frame, legend, linear_axis
from unfreeze.insight.markup import Html
from unfreeze.insight.wording import percent

__all__ = ["ReliabilityBin", "reliability_chart"]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers of about the same confidence."""

    confidence: float
    """Their mean, 0 to 1."""

    accuracy: float
    """Share of them that is right, 0 to 1."""

    count: int


def reliability_chart(
    before: Sequence[ReliabilityBin], after: Sequence[ReliabilityBin] = ()
) -> Html:
    """Draw how often answers of each confidence are right.

    Args:
        before: With the model's own probabilities.
        after: After temperature scaling.
    """
    axis = linear_axis(0, 1, lambda value: percent(value, 0))
    frame = Frame(axis, axis, width=360, height=340)
    parts = frame.axes("how sure the model says it is", "how often it is right")
    parts.append(frame.line([0, 1], [0, 1], "line dashed", "soft"))
    total = max(sum(each.count for each in before), 1)
    named = [(before, "orange"), (after, "blue")]
    for bins, colour in named:
        found = [each for each in bins if each.count]
        places = [each.confidence for each in found]
        heights = [each.accuracy for each in found]
        parts.append(frame.line(places, heights, "line", colour))
        parts += [
            frame.dot(
                each.confidence, each.accuracy, colour,
                2.5 + 9 * (each.count / total) ** 0.5,
            )
            for each in found
        ]  # fmt: skip
    words = ["as trained", "after scaling"]
    shown = [
        (word, colour)
        for word, (bins, colour) in zip(words, named, strict=True)
        if bins
    ]
    parts += legend(shown, frame.left + 10, frame.top + 14)
    return frame.drawn("Reliability: how sure against how often right.", parts)
