"""How much sooner one graph answers than another, on this machine."""

import statistics
import time
from dataclasses import dataclass

import numpy as np

from unfreeze.export.session import GraphSession

__all__ = ["Speed", "speeds_of"]

_ROUNDS = 7
_IMAGES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Medians of several rounds, taken in turns."""

    images_per_second: float
    times_fp32: float
    """How many times as fast as the same graph in single precision."""


def speeds_of(graph: GraphSession, plain: GraphSession, size: int) -> Speed:
    """Time two graphs on the same images, one by one.

    Args:
        graph: The one in question.
        plain: The same in single precision.
        size: Side of the square that both read.
    """
    image = np.full((size, size, 3), 128, dtype=np.uint8)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for spent, session in zip(seconds, (graph, plain), strict=True):
            start = time.perf_counter()
            for _ in range(_IMAGES):
                session.probabilities(image)
            spent.append(time.perf_counter() - start)
    own, other = (statistics.median(spent) for spent in seconds)
    return Speed(images_per_second=_IMAGES / own, times_fp32=other / own)
