"""Which files are photos, by the endings of their names."""

__all__ = ["PHOTO_ENDINGS", "is_photo_name"]

_ENDINGS = """
apng avif bmp gif j2k jfif jp2 jpe jpeg jpg mpo pbm pgm png pnm ppm qoi tif tiff webp
"""
PHOTO_ENDINGS = frozenset(_ENDINGS.split())
"""In small letters, without the dot."""


def is_photo_name(name: str) -> bool:
    """Whether a file is a photo by its ending.

    Example:
        >>> is_photo_name("cat.JPG"), is_photo_name("jpg"), is_photo_name("a.jpg.txt")
        (True, False, False)
    """
    _, dot, ending = name.rpartition(".")
    return bool(dot) and ending.lower() in PHOTO_ENDINGS
