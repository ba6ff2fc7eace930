"""Which feature maps of a layer fire for a photo: where, and how strongly."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["FeatureMap", "strongest"]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap:
    """What one channel of a layer says about one photo."""

    layer: str
    channel: int
    mean: float
    """Mean activation over all places, in the layer's own unit."""

    peak: float
    """Largest activation, likewise."""

    places: Float[np.ndarray, "h w"]
    """Activation at each place, likewise."""

    def heat(self) -> Float[np.ndarray, "h w"]:
        """The same from 0, at the mean or below, to 1 at the peak."""
        above = (self.places - self.mean).clip(0)
        most = above.max(initial=0)
        return above / most if most > 0 else np.zeros_like(above)


def strongest(
    layer: str, maps: Float[np.ndarray, "C h w"], count: int = 6
) -> tuple[FeatureMap, ...]:
    """Channels that stand out most at some place, the most outstanding first.

    What counts is how far the peak lies above the channel's own mean: a channel that
    fires everywhere alike says nothing of where things are.

    Args:
        layer: Its name.
        maps: Activations of one photo.
        count: Channels at most.
    """
    means = maps.mean(axis=(1, 2))
    peaks = maps.max(axis=(1, 2))
    first = np.argsort(means - peaks, kind="stable")[: max(count, 0)]
    return tuple(
        FeatureMap(layer, int(k), float(means[k]), float(peaks[k]), maps[k])
        for k in first
    )
