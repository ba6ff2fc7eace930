"""Heat maps as pixels: a colour scale, and a photo seen through one.

The scale runs from dark violet to pale yellow. Its colours are computed in Oklab, where
equal steps look equal (Ottosson, "A perceptual color space for image processing", 2020,
https://bottosson.github.io/posts/oklab/), and their lightness only rises, so that the
scale reads right in grey and for colour-blind people, too.
"""

import numpy as np
from jaxtyping import Float, UInt8

from unfreeze.errors import DataError

__all__ = ["colour_scale", "enlarged", "overlay"]

_DARKEST, _LIGHTEST = 0.28, 0.95
_FIRST_HUE, _LAST_HUE = -62.0, 103.0  # degrees: violet, by red and orange, to yellow
_VIVIDNESS = 0.185
_LENGTH = 256

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
_DIMMED = 0.85  # of the photo's light, so that heat shows on white, too

# Ottosson's figures: Oklab to cube roots of cone responses, and those to linear RGB.
_TO_CONES = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def colour_scale(values: Float[np.ndarray, "..."]) -> UInt8[np.ndarray, "... 3"]:
    """Give each value from 0 to 1 its RGB colour; what lies outside takes the end's."""
    steps = np.nan_to_num(np.asarray(values, dtype=float)).clip(0, 1)
    return _SCALE[np.rint(steps * (_LENGTH - 1)).astype(np.intp)]


def overlay(
    photo: UInt8[np.ndarray, "H W 3"],
    heat: Float[np.ndarray, "h w"],
    strength: float = 0.75,
) -> UInt8[np.ndarray, "H W 3"]:
    """Lay a heat map over a grey photo, so that all colour is heat.

    Args:
        photo: Stays as it is.
        heat: From 0 to 1, of any size; stretched over the whole photo.
        strength: How much of the colour shows where the heat is 1, from 0 to 1.

    Raises:
        DataError: If the photo is not RGB, or ``strength`` is out of range.
    """
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
        raise DataError(
            f"Got a photo of {photo.dtype} with the shape {photo.shape}. Expected "
            "uint8, 0-255, with the shape (height, width, 3)."
        )
    if not 0 <= strength <= 1:
        raise DataError(f"strength must be 0 to 1, got {strength}.")
    places = enlarged(heat, photo.shape[0], photo.shape[1])[..., None]
    shown = (photo @ _LUMA)[..., None] * _DIMMED
    mixed = shown + strength * places * (colour_scale(places[..., 0]) - shown)
    return np.rint(mixed).clip(0, 255).astype(np.uint8)


def enlarged(
    heat: Float[np.ndarray, "h w"], height: int, width: int
) -> Float[np.ndarray, "H W"]:
    """Stretch a map by linear interpolation between the middles of its cells."""
    rows = _between(len(heat), height)
    columns = _between(heat.shape[1], width)
    return rows @ np.asarray(heat, dtype=np.float32) @ columns.T


def _between(count: int, wanted: int) -> Float[np.ndarray, "wanted count"]:
    """Shares of each of ``count`` cells in each of ``wanted`` places."""
    middles = ((np.arange(wanted) + 0.5) * count / wanted - 0.5).clip(0, count - 1)
    below = np.floor(middles).astype(np.intp)
    above = np.minimum(below + 1, count - 1)
    shares = np.zeros((wanted, count), dtype=np.float32)
    places, rest = np.arange(wanted), (middles - below).astype(np.float32)
    np.add.at(shares, (places, below), 1 - rest)
    np.add.at(shares, (places, above), rest)
    return shares


def _made_scale() -> UInt8[np.ndarray, "256 3"]:
    share = np.linspace(0, 1, _LENGTH)
    lightness = _DARKEST + (_LIGHTEST - _DARKEST) * share
    hue = np.deg2rad(_FIRST_HUE + (_LAST_HUE - _FIRST_HUE) * share)
    lab = np.stack(
        [lightness, _VIVIDNESS * np.cos(hue), _VIVIDNESS * np.sin(hue)], axis=1
    )
    return np.rint(255 * _gamma(_within_gamut(lab))).astype(np.uint8)


def _within_gamut(lab: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
    """Linear RGB, each colour as vivid as a screen can show it."""
    fitting, too_vivid = np.zeros((len(lab), 1)), np.ones((len(lab), 1))
    grey, colour = lab * [1, 0, 0], lab * [0, 1, 1]
    for _ in range(20):
        tried = (fitting + too_vivid) / 2
        rgb = _linear_rgb(grey + tried * colour)
        fits = ((rgb >= 0) & (rgb <= 1)).all(axis=1, keepdims=True)
        fitting = np.where(fits, tried, fitting)
        too_vivid = np.where(fits, too_vivid, tried)
    return _linear_rgb(grey + fitting * colour).clip(0, 1)


def _linear_rgb(lab: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
    return (lab @ _TO_CONES.T) ** 3 @ _TO_RGB.T


def _gamma(linear: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
    """Linear light to sRGB (IEC 61966-2-1)."""
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )


_SCALE = _made_scale()
