"""Decode whatever colours and numbers a file has to 8-bit grey or RGB, upright."""

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image

from unfreeze.data.exif import orientation, orientation_in_text, orientation_in_xmp

__all__ = ["flattened", "is_upright", "noted_orientation", "upright"]

_UPRIGHT_BY = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def flattened(image: Image.Image) -> Image.Image:
    """Decode, and convert to 8-bit grey or RGB without transparency."""
    image.load()
    if image.mode.startswith("I"):
        return Image.fromarray(_from_16_bits(np.asarray(image)))
    if image.mode == "F":
        return Image.fromarray(_from_floats(np.asarray(image)))
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, colours).convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def is_upright(image: Image.Image) -> bool:
    """Whether nothing has to be turned."""
    return noted_orientation(image) not in _UPRIGHT_BY


def upright(image: Image.Image, original: Image.Image) -> Image.Image:
    """Turn ``image`` as the file of ``original`` says."""
    turn = _UPRIGHT_BY.get(noted_orientation(original))
    return image if turn is None else image.transpose(turn)


def noted_orientation(image: Image.Image) -> int:
    """As the file notes it. Not asked of pillow, which warns of damaged notes.

    Complete once the image is decoded: PNG can note it behind the pixels. Pillow turns
    a TIFF itself.
    """
    info = image.info
    if block := info.get("exif"):
        return orientation(block)
    if text := info.get("Raw profile type exif"):
        return orientation_in_text(text)
    return orientation_in_xmp(info.get("XML:com.adobe.xmp") or info.get("xmp"))


def _from_16_bits(values: Shaped[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    """Scale 0-65535 to 0-255, rounded; what lies outside is cut off."""
    whole = np.clip(values, 0, 65_535).astype(np.uint32)
    return ((whole * 255 + 32_767) // 65_535).astype(np.uint8)


def _from_floats(values: Shaped[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    """Scale to 0-255 from the smallest usual range that holds the largest value.

    Nothing in the file says which range was meant: 0-1, 0-255 or 0-65535.
    """
    finite = np.nan_to_num(values, nan=0.0)
    top = finite.max()
    white = 1.0 if top <= 1 else 255.0 if top <= 255 else 65_535.0
    return np.rint(np.clip(finite / white, 0, 1) * 255).astype(np.uint8)
