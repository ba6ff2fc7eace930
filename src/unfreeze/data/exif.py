"""Which way up a photo was taken, from the EXIF block of its file.

Pillow's own reader warns about every damaged block (common in photos found on the
web), and a warning cannot be silenced in one thread alone. This one reads the single
tag that matters, and takes a damaged block as an upright photo.
"""

import struct

__all__ = ["UPRIGHT", "orientation"]

UPRIGHT = 1
_ORIENTATION = 0x0112  # EXIF 2.32, section 4.6.4
_SHORT = 3


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
