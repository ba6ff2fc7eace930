"""Which files are photos, by the endings of their names."""

from collections.abc import Callable

__all__ = [
    "PHOTO_ENDINGS",
    "UNREAD_ENDINGS",
    "is_photo_name",
    "is_unread_photo_name",
    "missing_suffix",
]

_ENDINGS = """
apng avif bmp gif j2k jfif jp2 jpe jpeg jpg mpo pbm pgm png pnm ppm qoi tif tiff webp
"""
PHOTO_ENDINGS = frozenset(_ENDINGS.split())
"""In small letters, without the dot."""

_UNREAD = """
3fr arw cr2 cr3 crw dcr dng erf heic heif iiq jxl kdc mef mos mrw nef nrw orf pef raf
raw rw2 rwl sr2 srf srw x3f
"""
UNREAD_ENDINGS = frozenset(_UNREAD.split())
"""Of photos that cannot be read: from phones, and as cameras store them raw."""


def is_photo_name(name: str) -> bool:
    """Whether a file is a photo by its ending.

    Example:
        >>> is_photo_name("cat.JPG"), is_photo_name("jpg"), is_photo_name("a.jpg.txt")
        (True, False, False)
    """
    _, dot, ending = name.rpartition(".")
    return bool(dot) and ending.lower() in PHOTO_ENDINGS


def is_unread_photo_name(name: str) -> bool:
    """Whether a file is, by its ending, a photo of a kind that cannot be read.

    Example:
        >>> is_unread_photo_name("a/IMG_1.HEIC"), is_unread_photo_name("a/cat.jpg")
        (True, False)
    """
    _, dot, ending = name.rpartition(".")
    return bool(dot) and ending.lower() in UNREAD_ENDINGS


def missing_suffix(name: str, is_there: Callable[[str], bool]) -> str | None:
    """The ending with which there is a photo; None if no ending helps.

    Args:
        name: Of a photo that is not there; its ending may lack its dot alone.
        is_there: Whether there is a file of a name.

    Example:
        >>> missing_suffix("a", "a.JPG".__eq__), missing_suffix("apng", "a.png".__eq__)
        ('.JPG', '.png')
    """
    for ending in sorted(_with_capitals()):
        if is_there(f"{name.removesuffix(ending)}.{ending}"):
            return f".{ending}"
    return None


def _with_capitals() -> frozenset[str]:
    return PHOTO_ENDINGS | {ending.upper() for ending in PHOTO_ENDINGS}
