"""The image formats that are opened, each by its own class of pillow.

Not by ``Image.open``, which tries formats that run other programs (EPS), and which
warns about large images (a warning cannot be silenced in one thread alone).
"""

import io
from collections.abc import Callable
from typing import IO, final

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
from unfreeze.data.impostors import why_no_image
from unfreeze.errors import ImageError

__all__ = ["Jpeg", "is_slow", "recognised"]

_PLACES = (273, 324)  # TIFF 6.0: StripOffsets, TileOffsets
_MOST_BYTES_OF_PLACES = 2**20
"""262,144 places of 4 bytes each, which pillow takes a second for. The tallest image
within the limits has 189,000 rows."""


@final
class Jpeg(JpegImageFile):
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


@final
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
    "JPEG": Jpeg,
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


def recognised(content: bytes) -> Image.Image:
    """Open the content of a file as what its first bytes say, without decoding it.

    Raises:
        ImageError: If they are those of no known format. Damaged bytes make format
            readers raise anything.
    """
    for name, opener in _OPENERS.items():
        accepts = Image.OPEN[name][1]
        if accepts is not None and accepts(content[:16]):
            stream = CountedReads(content)
            image = opener(stream)
            if is_slow(image):
                stream.count_no_more()
            return image
    raise ImageError(why_no_image(content[:512]))


def is_slow(image: Image.Image) -> bool:
    """Whether its decoder is written in Python; what comes from no file has none."""
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else ()
    return any(each.codec_name in Image.DECODERS for each in tiles)
