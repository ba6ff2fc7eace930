"""Mirrors src/unfreeze/data/impostors.py."""

import pytest

from unfreeze.data.impostors import why_no_image


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"", "empty"),
        (b"\0" * 200, "zeros"),
        (b"\n <!DOCTYPE html><html>", "HTML"),
        (b"<HTML><body>", "HTML"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg>', "SVG"),
        (b"<!DOCTYPE svg PUBLIC><svg>", "SVG"),
        (b'<?xml version="1.0"?>\n<!-- drawn <b>here --><svg:svg>', "SVG"),
        (b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD">', "SVG"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html><svg>', "HTML"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "XML document"),
        (b'<?xml version="1.0"?><rss><title><svg></title>', "XML document"),
        (b'<?xml version="1.0"?>', "XML document"),
        (b"<!-- Generator: a drawing program --><svg>", "SVG"),
        (b"<!-- saved from a page -->\n<p>404</p>", "HTML"),
        (b"<!-- never closed", "HTML"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\0\0\0\x18ftypheic\0\0", "HEIC"),
        (b"\0\0\0\x18ftypisom\0\0", "video"),
        (b"just some text", "not an image"),
    ],
)
def test_common_mistakes_are_named(head: bytes, word: str) -> None:
    sentence = why_no_image(head)

    assert word in sentence
    assert sentence.endswith(".")
