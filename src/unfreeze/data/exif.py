"""Which way up a photo was taken: from EXIF, PNG's text or XMP.

Pillow's own reader warns about every damaged block (common in photos found on the
web), and a warning cannot be silenced in one thread alone. This one reads the single
tag that matters, and takes a damaged note as that of an upright photo.
"""

import re
import struct

__all__ = ["UPRIGHT", "orientation", "orientation_in_text", "orientation_in_xmp"]

UPRIGHT = 1
_ORIENTATION = 0x0112  # EXIF 2.32, section 4.6.4
_SHORT = 3
_IN_XMP = re.compile(r'tiff:Orientation(?:="|>)([1-8])')  # an attribute or an element


def orientation(block: bytes) -> int:
    """Read the orientation tag of an EXIF block.

    Args:
        block: A TIFF header with its first directory, as image files carry it, with
            or without the marker "Exif" in front.

    Returns:
        1 to 8 as EXIF defines them; 1 where the block is damaged or silent.
    """
    try:
        found = _first_directory(block.removeprefix(b"Exif\0\0"))
    except struct.error:
        return UPRIGHT
    return found if 1 <= found <= 8 else UPRIGHT


def orientation_in_text(text: str) -> int:
    """Read the EXIF block that ImageMagick puts into a PNG's text, in hexadecimal.

    Args:
        text: An empty line, one that says "exif", one with the length, then the block.

    Returns:
        1 to 8 as EXIF defines them; 1 where the text is damaged or silent.
    """
    try:
        return orientation(bytes.fromhex("".join(text.split("\n")[3:])))
    except ValueError:
        return UPRIGHT


def orientation_in_xmp(xmp: object) -> int:
    """Read the orientation in Adobe's XML.

    Args:
        xmp: Text or bytes; files hold other things in its place, or nothing.

    Returns:
        1 to 8 as EXIF defines them; 1 where there is none.
    """
    text = xmp.decode("latin-1") if isinstance(xmp, bytes) else xmp
    found = _IN_XMP.search(text) if isinstance(text, str) else None
    return int(found[1]) if found else UPRIGHT


def _first_directory(block: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return UPRIGHT
    (start,) = struct.unpack_from(f"{order}I", block, 4)
    (entries,) = struct.unpack_from(f"{order}H", block, start)
    for number in range(entries):
        tag, kind, _, value = struct.unpack_from(
            f"{order}HHIH", block, start + 2 + 12 * number
        )
        if tag == _ORIENTATION and kind == _SHORT:
            return int(value)
    return UPRIGHT
