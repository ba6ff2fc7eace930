"""Turn an image into 8-bit RGB pixels of the wanted size: the pillow door.

Safe in threads: no global state of pillow or of the warnings module is read or
changed. What opens files and makes plain pixels of them stands in ``data.pillow``.
"""

import io
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import PIL
from jaxtyping import UInt8
from PIL import Image

from unfreeze.data.looks import Glance
from unfreeze.data.perceptual import SIDE
from unfreeze.data.pillow.formats import Jpeg, is_slow
from unfreeze.data.pillow.opening import Source, opened, read_file
from unfreeze.data.pillow.plain import (
    flattened,
    is_upright,
    noted_orientation,
    upright,
)
from unfreeze.errors import PlanError
from unfreeze.records import ImageSpec, Interpolation

__all__ = [
    "DECODER",
    "Header",
    "Region",
    "Shortcuts",
    "Source",
    "encode",
    "preprocess",
    "probe",
    "read_file",
    "read_header",
    "read_pixels",
    "square_and_region",
]

Region: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom: shares 0 to 1 of the upright photo's width and height."""


class Header(NamedTuple):
    """What a file says of itself before it is decoded."""

    width: int
    """Pixels, as they are stored: before the photo is turned upright."""

    height: int
    is_slow: bool
    """Whether pillow decodes it in Python, which holds Python's lock: up to 4 seconds
    for a million pixels (QOI), where formats decoded in C take a tenth of one."""


class Shortcuts(NamedTuple):
    """Quicker ways through two steps, for those who need not have pillow's own."""

    decode: Callable[[bytes], UInt8[np.ndarray, "H W 3"] | None]
    """Decodes a JPEG file in full size, and does not turn it upright. None where it
    cannot; then pillow does."""

    resize: Callable[
        [UInt8[np.ndarray, "H W 3"], tuple[float, float], tuple[int, int]],
        UInt8[np.ndarray, "h w 3"],
    ]
    """Makes an image of another size with antialiasing, given pixels, width and height
    of the part that counts (from the top left corner), and those of the result."""


DECODER = f"pillow {PIL.__version__}, rules 2"
"""Names everything that pixels depend on besides the file. Count the rules upwards
when these modules come to give other pixels or other refusals."""

_DRAFT_SHARPNESS = 2
"""A JPEG is decoded at a reduced scale, but to no less than this many times the
wanted size. Pillow's documentation calls 2.0 close to the unreduced result."""

_FILTERS: dict[Interpolation, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


def read_pixels(
    source: Source,
    *,
    short_side: int | None = None,
    squash_to: int | None = None,
    interpolation: Interpolation = "bilinear",
    shortcuts: Shortcuts | None = None,
) -> UInt8[np.ndarray, "H W 3"]:
    """Decode one image, turn it upright and resize it with antialiasing.

    Transparent parts show white. Grey of 16 bits is scaled, not cut off. Of an
    animation, the first frame counts.

    Args:
        source: File, content of a file, or pixels.
        short_side: Length of the shorter side afterwards, in pixels; the longer one
            follows, rounded down. Small images are enlarged.
        squash_to: Side of the square into which the whole image is squeezed instead.
        interpolation: Filter for resizing.
        shortcuts: What decodes and resizes instead of pillow; then ``interpolation``
            is theirs to know.

    Returns:
        RGB pixels, 0-255, free to change. In full size without ``short_side`` and
        ``squash_to``.

    Raises:
        ImageError: If this is no image, or one that is damaged or out of all size.
        PlanError: If both ``short_side`` and ``squash_to`` are given, or below 1.
    """
    _check_plan(short_side, squash_to)
    if shortcuts is not None:
        return _resized_by(shortcuts, source, short_side, squash_to)
    return np.array(_resized(source, short_side, squash_to, interpolation))


def preprocess(source: Source, spec: ImageSpec) -> UInt8[np.ndarray, "S S 3"]:
    """Make the square that a model reads, as evaluation and the server see it.

    Raises:
        ImageError: If this is no image, or one that is damaged or out of all size.
    """
    return square_and_region(source, spec)[0]


def square_and_region(
    source: Source, spec: ImageSpec
) -> tuple[UInt8[np.ndarray, "S S 3"], Region]:
    """Make the square that a model reads, and say which part of the photo it shows.

    Raises:
        ImageError: If this is no image, or one that is damaged or out of all size.
    """
    size = spec.size
    if spec.squash:
        whole = read_pixels(source, squash_to=size, interpolation=spec.interpolation)
        return whole, (0.0, 0.0, 1.0, 1.0)
    _check_plan(size, None)
    image = _resized(source, size, None, spec.interpolation)
    wide, high = image.size
    # Rounded as torchvision's CenterCrop does: halves go to the even neighbour.
    left, top = round((wide - size) / 2), round((high - size) / 2)
    right, bottom = left + size, top + size
    square = np.array(image.crop((left, top, right, bottom)))
    return square, (left / wide, top / high, right / wide, bottom / high)


def read_header(source: Source) -> Header:
    """Read what the file says of itself; decodes nothing.

    Raises:
        ImageError: If this is no image, or one that is out of all size.
    """
    with opened(source) as image:
        return Header(*image.size, is_slow(image))


def probe(source: Source) -> Glance:
    """Decode an image to its end, as cheaply as its format allows, and look at it.

    Raises:
        ImageError: If :func:`read_pixels` would raise it, too.
    """
    with opened(source) as image:
        mode, size = image.mode, image.size
        draft = image.draft(None, (SIDE, SIDE))
        box = None if draft is None else draft[1]
        flat = flattened(image)
        small = flat.resize((SIDE, SIDE), Image.Resampling.BOX, box)
        return Glance(
            file_format=image.format or "",
            mode=mode,
            size=size,
            orientation=noted_orientation(image),
            is_see_through=image.has_transparency_data,
            is_animated=_is_animated(image),
            picture=np.array(upright(small, image).convert("RGB")),
        )


def encode(
    pixels: UInt8[np.ndarray, "H W *C"],
    file_format: Literal["JPEG", "PNG"],
    quality: int = 95,
) -> bytes:
    """Compress grey or RGB pixels into the content of an image file.

    Args:
        pixels: 0-255.
        file_format: PNG keeps every pixel as it is.
        quality: Of a JPEG; 95 is pillow's advised maximum.
    """
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, file_format, quality=quality)
    return content.getvalue()


def _check_plan(short_side: int | None, squash_to: int | None) -> None:
    if short_side is not None and squash_to is not None:
        raise PlanError(
            f"Got short_side={short_side} and squash_to={squash_to}. Pass one of them."
        )
    side = short_side if squash_to is None else squash_to
    if side is not None and side < 1:
        raise PlanError(f"The size of an image must be 1 or more, got {side}.")


def _resized(
    source: Source,
    short_side: int | None,
    squash_to: int | None,
    interpolation: Interpolation,
) -> Image.Image:
    with opened(source) as image:
        wanted = _wanted_size(image.size, short_side, squash_to)
        box = _drafted(image, wanted)
        flat = flattened(image)
        # Turned after resizing, when there is less to turn.
        small = upright(flat.resize(wanted, _FILTERS[interpolation], box), image)
        return small if small.mode == "RGB" else small.convert("RGB")


def _resized_by(
    shortcuts: Shortcuts,
    source: Source,
    short_side: int | None,
    squash_to: int | None,
) -> UInt8[np.ndarray, "H W 3"]:
    with opened(source) as image:
        wanted = _wanted_size(image.size, short_side, squash_to)
        width, height = _drafted(image, wanted)[2:]
        pixels = _decoded_by(shortcuts, image)
        if wanted != (width, height):
            pixels = shortcuts.resize(pixels, (width, height), wanted)
        if is_upright(image):
            return pixels
        return np.array(upright(Image.fromarray(pixels), image))


def _decoded_by(shortcuts: Shortcuts, image: Image.Image) -> UInt8[np.ndarray, "H W 3"]:
    if isinstance(image, Jpeg) and image.content:
        pixels = shortcuts.decode(image.content)
        if pixels is not None and pixels.shape == (image.height, image.width, 3):
            return pixels
    flat = flattened(image)
    return np.array(flat if flat.mode == "RGB" else flat.convert("RGB"))


def _drafted(
    image: Image.Image, wanted: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Let a JPEG be decoded at a reduced scale. Returns what to resize from then on.

    Its size is no whole number of pixels where that of the file is no multiple of the
    scale.
    """
    sharp = (wanted[0] * _DRAFT_SHARPNESS, wanted[1] * _DRAFT_SHARPNESS)
    draft = image.draft(None, sharp)
    return (0, 0, *image.size) if draft is None else draft[1]


def _wanted_size(
    size: tuple[int, int], short_side: int | None, squash_to: int | None
) -> tuple[int, int]:
    if squash_to is not None:
        return squash_to, squash_to
    if short_side is None:
        return size
    width, height = size
    if width <= height:
        return short_side, short_side * height // width
    return short_side * width // height, short_side


def _is_animated(image: Image.Image) -> bool:
    """Whether there is a second frame, also where it is damaged: the first counts."""
    try:
        return bool(getattr(image, "is_animated", False))  # not every format says
    except Exception:
        return True
