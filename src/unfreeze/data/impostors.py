"""What a file is that calls itself an image and is none."""

import re

__all__ = ["why_no_image"]

_DRAWING = "The file is an SVG drawing. Convert it to PNG."
_WEB_PAGE = "The file is a web page (HTML), not an image. Download the image again."
_BY_START = (
    ((b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<!--"), _WEB_PAGE),
    ((b"%pdf",), "The file is a PDF document. Export its pages as PNG."),
    ((b"pk\x03\x04",), "The file is a ZIP archive. Unpack it."),
)
_XML = (b"<?xml", b"<svg", b"<!doctype svg")
_COMMENTS = re.compile(rb"<!--.*?-->", re.DOTALL)
_FIRST_ELEMENT = re.compile(rb"<(?:[a-z_][\w.-]*:)?([a-z_][\w.-]*)")
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
    without_comments = _COMMENTS.sub(b"", text).lstrip()
    if without_comments.startswith(_XML):
        return _what_xml(without_comments)
    for starts, sentence in _BY_START:
        if text.startswith(starts):
            return sentence
    if head[4:8] == b"ftyp":
        is_heic = head[8:12] in _HEIC_BRANDS
        kind = "HEIC photo. Convert it to JPEG." if is_heic else "video, not an image."
        return f"The file is a {kind}"
    return "The file is not an image in a format that can be read (JPEG, PNG, ...)."


def _what_xml(text: bytes) -> str:
    """Tell a drawing from a web page, and from what a server says in place of a file.

    Args:
        text: The first bytes, in small letters, without comments.
    """
    root = _FIRST_ELEMENT.search(text)
    name = root.group(1) if root else b""
    if name == b"svg" or b"<!doctype svg" in text:
        return _DRAWING
    if name == b"html" or b"<!doctype html" in text:
        return _WEB_PAGE
    return "The file is an XML document, not an image. Download the image again."
