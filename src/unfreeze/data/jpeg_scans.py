"""How often a JPEG passes over its pixels, without decoding it."""

import re

__all__ = ["count_scans"]

# ITU-T T.81, annex B: what follows 0xFF, unless it is stuffed, filled or a restart.
_MARKER = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd7])", re.DOTALL)
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = b"\xd8", b"\xd9", b"\xda"

_MOST_SEGMENTS = 100_000


def count_scans(content: bytes, enough: int) -> int:
    """Count the scans of the first image in a JPEG file.

    Phones append other files to it: a smaller image, or a film. Their bytes look like
    scans now and then, and are not decoded.

    Args:
        content: Of the file.
        enough: Not more than so many are counted; also the answer for a file with more
            segments than any photo has.
    """
    scans = place = 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(content, place)
        if found is None or found[1] == _END_OF_IMAGE or scans == enough:
            return scans
        place = found.end()
        scans += found[1] == _START_OF_SCAN
        if found[1] != _START_OF_IMAGE:
            place += int.from_bytes(content[place : place + 2])
    return enough
