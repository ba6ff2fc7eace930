"""Turn an image into 8-bit RGB pixels of the wanted size: the pillow door.

Safe in threads: no global state of pillow or of the warnings module is read or
changed. Files are opened by pillow's format classes and not by ``Image.open``, which
tries formats that run other programs (EPS), and which warns about large images (a
warning cannot be silenced in one thread alone). The size limit stands here instead.
"""

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, NamedTuple, TypeAlias

import numpy as np
import PIL
from jaxtyping import Shaped, UInt8
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.QoiImagePlugin import QoiImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from typing_extensions import override

from unfreeze.data.counted_reads import CountedReads
from unfreeze.data.exif import orientation, orientation_in_text, orientation_in_xmp
from unfreeze.data.impostors import why_no_image
from unfreeze.data.looks import Glance
from unfreeze.data.perceptual import SIDE
from unfreeze.errors import ImageError, PlanError
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

Source: TypeAlias = Path | bytes | np.ndarray
"""A file, the content of a file, or pixels: uint8, H W for grey, or H W C with 1, 3
(RGB) or 4 (RGBA) channels."""

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
when this module comes to give other pixels or other refusals."""

_MOST_PIXELS = 178_956_970  # pillow's own limit for an error: 2 * 1 GiB / 4 / 3
_MOST_BYTES = 2**31  # more than _MOST_PIXELS of 64-bit colour, uncompressed
_LONGEST = 200  # times the shorter side; beyond, resizing costs gigabytes

_PLACES = (273, 324)  # TIFF 6.0: StripOffsets, TileOffsets
_MOST_BYTES_OF_PLACES = 2**20
"""262,144 places of 4 bytes each, which pillow takes a second for. The tallest image
within the limits has 189,000 rows."""

_DRAFT_SHARPNESS = 2
"""A JPEG is decoded at a reduced scale, but to no less than this many times the
wanted size. Pillow's documentation calls 2.0 close to the unreduced result."""

_FILTERS: dict[Interpolation, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}
_UPRIGHT_BY = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class _Photo(JpegImageFile):
    """A JPEG that does not look for its resolution in EXIF.

    Pillow does on opening, and warns when the block is damaged.
    """

    @override
    def _read_dpi_from_exif(self) -> None:
        pass

    @property
    def content(self) -> bytes | None:
        """The whole file, if it is to be decoded in full size to RGB."""
        is_reduced = bool(self.decoderconfig) and self.decoderconfig[0] > 1
        if is_reduced or self.mode != "RGB" or not isinstance(self.fp, io.BytesIO):
            return None
        return self.fp.getvalue()


class _Pieces(TiffImageFile):
    """A TIFF, unless its pixels lie in so many places that to list them takes long."""

    @override
    def _setup(self) -> None:
        for tag in _PLACES:
            # Not asked as a value: that would list them already.
            if len(self.tag_v2._tagdata.get(tag, b"")) > _MOST_BYTES_OF_PLACES:
                raise ImageError(
                    "The TIFF consists of more strips or tiles than any photo. Open it "
                    "in an image editor and save it anew."
                )
        super()._setup()


_OPENERS: dict[str, Callable[[IO[bytes]], ImageFile.ImageFile]] = {
    "JPEG": _Photo,
    "PNG": PngImageFile,
    "GIF": GifImageFile,
    "WEBP": WebPImageFile,
    "BMP": BmpImageFile,
    "TIFF": _Pieces,
    "AVIF": AvifImageFile,
    "PPM": PpmImageFile,
    "JPEG2000": Jpeg2KImageFile,
    "QOI": QoiImageFile,
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
    with _opened(source) as image:
        is_slow = isinstance(image, ImageFile.ImageFile) and _is_slow(image)
        return Header(*image.size, is_slow)


def probe(source: Source) -> Glance:
    """Decode an image to its end, as cheaply as its format allows, and look at it.

    Raises:
        ImageError: If :func:`read_pixels` would raise it, too.
    """
    with _opened(source) as image:
        mode, size = image.mode, image.size
        draft = image.draft(None, (SIDE, SIDE))
        box = None if draft is None else draft[1]
        flat = _flattened(image)
        small = flat.resize((SIDE, SIDE), Image.Resampling.BOX, box)
        return Glance(
            file_format=image.format or "",
            mode=mode,
            size=size,
            orientation=_orientation(image),
            is_see_through=image.has_transparency_data,
            is_animated=_is_animated(image),
            picture=np.array(_upright(small, image).convert("RGB")),
        )


def read_file(path: Path) -> bytes:
    """Read a whole image file.

    Raises:
        ImageError: If it cannot be opened or read, or is larger than 2 GiB.
    """
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > _MOST_BYTES:
                raise ImageError(
                    f"The file has {size:,} bytes, expected no more than "
                    f"{_MOST_BYTES:,}. It is hardly an image."
                )
            return stream.read()
    except OSError as error:
        raise ImageError(_why_unreadable(error)) from error


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
    with _opened(source) as image:
        wanted = _wanted_size(image.size, short_side, squash_to)
        box = _drafted(image, wanted)
        flat = _flattened(image)
        # Turned after resizing, when there is less to turn.
        small = _upright(flat.resize(wanted, _FILTERS[interpolation], box), image)
        return small if small.mode == "RGB" else small.convert("RGB")


def _resized_by(
    shortcuts: Shortcuts,
    source: Source,
    short_side: int | None,
    squash_to: int | None,
) -> UInt8[np.ndarray, "H W 3"]:
    with _opened(source) as image:
        wanted = _wanted_size(image.size, short_side, squash_to)
        width, height = _drafted(image, wanted)[2:]
        pixels = _decoded_by(shortcuts, image)
        if wanted != (width, height):
            pixels = shortcuts.resize(pixels, (width, height), wanted)
        if _orientation(image) not in _UPRIGHT_BY:
            return pixels
        return np.array(_upright(Image.fromarray(pixels), image))


def _decoded_by(shortcuts: Shortcuts, image: Image.Image) -> UInt8[np.ndarray, "H W 3"]:
    if isinstance(image, _Photo) and image.content:
        pixels = shortcuts.decode(image.content)
        if pixels is not None and pixels.shape == (image.height, image.width, 3):
            return pixels
    flat = _flattened(image)
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


@contextmanager
def _opened(source: Source) -> Iterator[Image.Image]:
    """Yield the image without decoding it; explain whatever pillow raises."""
    if isinstance(source, np.ndarray):
        yield _from_pixels(source)
        return
    if not isinstance(source, bytes | Path):
        raise ImageError(
            f"Got an object of {type(source).__name__}. Expected a path, the content "
            "of a file, or uint8 pixels: np.asarray(image.convert('RGB')) of a PIL "
            "image."
        )
    content = source if isinstance(source, bytes) else read_file(source)
    try:
        with _open(content) as image:
            _check_size(*image.size)
            yield image
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # damaged bytes make format readers raise anything
        found = str(error).rstrip(".") or type(error).__name__
        raise ImageError(f"The file is damaged or cut short: {found}.") from error


def _open(content: bytes) -> Image.Image:
    for name, opener in _OPENERS.items():
        accepts = Image.OPEN[name][1]
        if accepts is not None and accepts(content[:16]):
            stream = CountedReads(content)
            image = opener(stream)
            if _is_slow(image):
                stream.count_no_more()
            return image
    raise ImageError(why_no_image(content[:512]))


def _is_slow(image: ImageFile.ImageFile) -> bool:
    """Whether its decoder is written in Python."""
    return any(each.codec_name in Image.DECODERS for each in image.tile)


def _from_pixels(pixels: np.ndarray) -> Image.Image:
    shape = pixels.shape
    is_image = pixels.ndim == 2 or (pixels.ndim == 3 and shape[2] in (1, 3, 4))
    if pixels.dtype != np.uint8 or not is_image or 0 in shape:
        raise ImageError(
            f"Got an array of {pixels.dtype} with the shape {shape}. Expected uint8, "
            "0-255, with the shape (height, width, 3)."
        )
    _check_size(shape[1], shape[0])
    return Image.fromarray(pixels[:, :, 0] if shape[2:] == (1,) else pixels)


def _check_size(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise ImageError(
            f"The image has {width} x {height} pixels, more than {_MOST_PIXELS:,} in "
            "all. Make it smaller."
        )
    if max(width, height) > _LONGEST * min(width, height):
        raise ImageError(
            f"The image has {width} x {height} pixels: one side is more than "
            f"{_LONGEST} times the other. Cut it into pieces."
        )


def _flattened(image: Image.Image) -> Image.Image:
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


def _upright(image: Image.Image, original: Image.Image) -> Image.Image:
    """Turn ``image`` as the file of ``original`` says."""
    turn = _UPRIGHT_BY.get(_orientation(original))
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
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


def _is_animated(image: Image.Image) -> bool:
    """Whether there is a second frame, also where it is damaged: the first counts."""
    try:
        return bool(getattr(image, "is_animated", False))  # not every format says
    except Exception:
        return True


def _why_unreadable(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return "The file does not exist."
        case errno.EACCES | errno.EPERM:
            return "The file cannot be opened: permission denied."
        case errno.EISDIR:
            return "It is a folder, not a file."
        case _:
            return f"The file cannot be read: {error.strerror or error}."
