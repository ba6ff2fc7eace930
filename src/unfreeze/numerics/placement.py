"""Where a picture lies within another one, roughly.

Both pictures are squeezed into squares, so that a cut-out of one photo, whatever its
shape, is a rectangle of the other's square. Normalised cross-correlation (Lewis, "Fast
normalized cross-correlation", 1995) of fine structure, at a list of sizes, finds it.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Complex64, Float32, Float64

from unfreeze.numerics.resample import blur, cut

__all__ = ["Placeable", "Window", "place"]

Window = tuple[float, float, float, float]
"""Top, bottom, left and right, as shares of a picture."""

_SIDE = 32
_PADDED = 64  # room for every offset in a circular correlation
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6)
_SIZES = tuple(
    (round(high * _SIDE), round(wide * _SIDE))
    for high in _SHARES
    for wide in _SHARES
    if high == wide or 1.0 in (high, wide)
)
_FINE, _COARSE = 0.7, 2.5
"""Structure is what lies between blurs of these many pixels."""

_LEAST_SHARE = 0.05
"""A window with less than this share of its picture's structure counts as having this
much: noise in an empty corner agrees with anything."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Placeable:
    """A picture prepared for being placed, and for others being placed in it."""

    spectrum: Complex64[np.ndarray, "P Q"]
    """Of its structure, for being searched."""

    strengths: Float32[np.ndarray, "sizes S S"]
    """Norm of the structure in every window; infinite where it would not fit."""

    templates: Complex64[np.ndarray, "sizes P Q"]
    """Conjugate spectra of its structure at every size, each of norm 1."""

    @classmethod
    def of(cls, picture: Float64[np.ndarray, "H W"]) -> "Placeable":
        """Prepare the brightness of a picture of any shape."""
        structure = _structure(cut(picture, (_SIDE, _SIDE)))
        padded = structure.astype(np.float32)
        return cls(
            np.fft.rfft2(padded, (_PADDED, _PADDED)).astype(np.complex64),
            _strengths(structure),
            _templates(picture),
        )


def place(part: Placeable, whole: Placeable) -> tuple[float, Window]:
    """Find the window of ``whole`` that looks most like ``part``.

    Returns:
        Correlation, -1 to 1, and the window.
    """
    products = whole.spectrum * part.templates
    agreement = np.fft.irfft2(products, (_PADDED, _PADDED))[:, :_SIDE, :_SIDE]
    agreement = agreement / whole.strengths
    best = int(agreement.argmax())
    number, top, left = np.unravel_index(best, agreement.shape)
    high, wide = _SIZES[number]
    edges = (top, top + high, left, left + wide)
    window = tuple(float(edge) / _SIDE for edge in edges)
    return float(agreement.flat[best]), (window[0], window[1], window[2], window[3])


def _structure(picture: Float64[np.ndarray, "H W"]) -> Float64[np.ndarray, "H W"]:
    return blur(picture, _FINE) - blur(picture, _COARSE)


def _templates(
    picture: Float64[np.ndarray, "H W"],
) -> Complex64[np.ndarray, "sizes P Q"]:
    padded = np.zeros((len(_SIZES), _PADDED, _PADDED), dtype=np.float32)
    for template, (high, wide) in zip(padded, _SIZES, strict=True):
        structure = _structure(cut(picture, (high, wide)))
        structure -= structure.mean()
        template[:high, :wide] = structure / (np.linalg.norm(structure) + 1e-6)
    return np.fft.rfft2(padded).conj().astype(np.complex64)


def _strengths(
    structure: Float64[np.ndarray, "S S"],
) -> Float32[np.ndarray, "sizes S S"]:
    sums = _integral(structure)
    squares = _integral(structure**2)
    least = _LEAST_SHARE * squares[-1, -1] / _SIDE**2
    strengths = np.full((len(_SIZES), _SIDE, _SIDE), np.inf, dtype=np.float32)
    for strength, (high, wide) in zip(strengths, _SIZES, strict=True):
        area = high * wide
        variance = (
            _windows(squares, high, wide) - _windows(sums, high, wide) ** 2 / area
        )
        enough = np.maximum(variance, least * area + 1e-6)
        strength[: _SIDE - high + 1, : _SIDE - wide + 1] = np.sqrt(enough)
    return strengths


def _integral(values: Float64[np.ndarray, "H W"]) -> Float64[np.ndarray, "H1 W1"]:
    """Sums of everything above and left of each corner."""
    return np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)


def _windows(
    integral: Float64[np.ndarray, "H1 W1"], high: int, wide: int
) -> Float64[np.ndarray, "h w"]:
    """Sum of every window of this size."""
    below = integral[high:, wide:] - integral[high:, :-wide]
    return below - integral[:-high, wide:] + integral[:-high, :-wide]
