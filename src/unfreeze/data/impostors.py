"""What a file is that calls itself an image and is none."""

__all__ = ["why_no_image"]

_BY_START = (
    ((b"<svg", b"<?xml"), "The file is an SVG drawing. Convert it to PNG."),
    (
        (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<!--"),
        "The file is a web page (HTML), not an image. Download the image again.",
    ),
    ((b"%pdf",), "The file is a PDF document. Export its pages as PNG."),
    ((b"pk\x03\x04",), "The file is a ZIP archive. Unpack it."),
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1"})


def why_no_image(head: bytes) -> str:
    """Name the likely mistake in one sentence.

    Args:
        head: The first bytes of the file; a few hundred are enough.

    Example:
        >>> why_no_image(b"<!DOCTYPE html><html><body>404</body></html>")
        'The file is a web page (HTML), not an image. Download the image again.'
    """
    if not head:
        return "The file is empty (0 bytes)."
    if not any(head):
        return "The file begins with zeros only: it was not copied to the end."
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for starts, sentence in _BY_START:
        if text.startswith(starts):
            return sentence
    if head[4:8] == b"ftyp":
        is_heic = head[8:12] in _HEIC_BRANDS
        kind = "HEIC photo. Convert it to JPEG." if is_heic else "video, not an image."
        return f"The file is a {kind}"
    return "The file is not an image in a format that can be read (JPEG, PNG, ...)."
