"""Whether a split came out as it was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["HeldOut", "Share", "as_held_out"]

_OFF_WHOLE = 0.1
_OFF_CLASS = 0.25
"""Part of the photos asked for that may be too few or too many, of the whole and of a
class, before it is worth a word."""

_ROUNDED = 1.0
"""Photos that rounding may take or give."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many photos of a class were held out."""

    name: str
    held_out: int
    photos: int
    """Those, and the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOut:
    """What was asked of a split, and what it became."""

    asked: float
    """Share of every class to hold out, above 0 and below 1."""

    held_out: int
    photos: int
    """Those, and the others."""

    classes_off: tuple[Share, ...] = ()
    """Classes that are noticeably off their share, the farthest first."""

    @property
    def is_off(self) -> bool:
        """Whether all classes together are noticeably off the share."""
        return _is_off(self.held_out, self.photos, self.asked, _OFF_WHOLE)


def as_held_out(
    asked: float,
    classes: Sequence[str],
    train: Int[np.ndarray, " T"] | Float[np.ndarray, "T K"],
    valid: Int[np.ndarray, " V"] | Float[np.ndarray, "V K"],
) -> HeldOut:
    """Compare a split with what was asked for.

    Args:
        asked: Share of every class to hold out, above 0 and below 1.
        classes: Names in label order.
        train: Class number of each row left for training, or rows of 0s and 1s.
        valid: Likewise, of each row held out.
    """
    counts = (_counts(labels, len(classes)) for labels in (valid, train))
    shares = [
        Share(name, held, held + kept)
        for name, held, kept in zip(classes, *counts, strict=True)
    ]
    off = [
        each
        for each in shares
        if _is_off(each.held_out, each.photos, asked, _OFF_CLASS)
    ]
    off.sort(key=lambda each: -abs(each.held_out / each.photos - asked))
    return HeldOut(
        asked=asked,
        held_out=len(valid),
        photos=len(train) + len(valid),
        classes_off=tuple(off),
    )


def _is_off(held_out: int, photos: int, asked: float, part: float) -> bool:
    wanted = asked * photos
    return abs(held_out - wanted) > max(_ROUNDED, part * wanted)


def _counts(
    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"], num_classes: int
) -> list[int]:
    if labels.ndim == 2:
        counts: list[int] = (labels > 0.5).sum(axis=0).tolist()
        return counts
    return np.bincount(labels, minlength=num_classes).tolist()
