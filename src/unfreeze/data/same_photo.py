"""Tell whether two files show the same photo, cropped, resized or compressed again."""

from collections.abc import Callable, Iterable
from contextlib import closing
from functools import lru_cache

import numpy as np
from jaxtyping import Float64

from unfreeze.data.decode import Source, read_pixels
from unfreeze.data.threads import map_in_order
from unfreeze.numerics.alignment import detail_agreement
from unfreeze.numerics.placement import Placeable, place

__all__ = ["SURELY_THE_SAME", "agreements"]

SURELY_THE_SAME = 0.9
"""Agreement of detail from which two files show the same photo. Measured: at least
0.99 in 40 of 40 copies on dogs against cats, at most 0.77 in 1,683 pairs of the most
similar chest X-rays of different shots."""

_PERHAPS_THE_SAME = 0.6
"""Correlation of coarse structure below which the detail need not be compared."""

_COARSE_SIDE, _FINE_SIDE = 64, 128
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
_KEPT = 512
"""Pictures that are kept ready, since a photo is often in several pairs."""


def agreements(
    source_of: Callable[[int], Source],
    pairs: Iterable[tuple[int, int]],
    *,
    num_workers: int,
) -> Float64[np.ndarray, " P"]:
    """Compare the photos of each pair.

    Args:
        source_of: Gives the photo of a row.
        pairs: Row numbers. All photos must be readable.
        num_workers: Threads; 0 works in this one.

    Returns:
        How far the fine detail of the two agrees where they lie best upon each other,
        -1 to 1; 0 where not even their coarse structure does.
    """

    @lru_cache(maxsize=_KEPT)
    def coarse(row: int) -> Placeable:
        return Placeable.of(_brightness(source_of(row), _COARSE_SIDE))

    @lru_cache(maxsize=_KEPT)
    def fine(row: int) -> Float64[np.ndarray, "S S"]:
        return _brightness(source_of(row), _FINE_SIDE)

    def agreement(pair: tuple[int, int]) -> float:
        part, whole = pair
        likeness, window = place(coarse(part), coarse(whole))
        turned_round, other_window = place(coarse(whole), coarse(part))
        if turned_round > likeness:
            part, whole, likeness, window = whole, part, turned_round, other_window
        if likeness < _PERHAPS_THE_SAME:
            return 0.0
        return detail_agreement(fine(part), fine(whole), window)

    found = map_in_order(
        agreement, pairs, num_workers=num_workers, ahead=4 * num_workers
    )
    with closing(found):
        return np.fromiter(found, dtype=np.float64)


def _brightness(source: Source, side: int) -> Float64[np.ndarray, "S S"]:
    return read_pixels(source, squash_to=side) @ _BRIGHTNESS
