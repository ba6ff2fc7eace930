"""Photos in the body of a request: a form of files, or JSON with base64 in it.

The body is in memory already, whole and within its limit, so forms are cut out of it
where they stand: nothing is written to a disk.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from fastapi import HTTPException, Request

__all__ = [
    "Part",
    "Photo",
    "parts_of",
    "photos_of",
    "require_known",
    "require_no_parameters",
]

_NAME_LENGTH = 255
_MOST_HEADER_BYTES = 8192
_VALUES_OF_A_PHOTO = 100
"""Commas and brackets for each photo of a JSON body, those of its name included."""

_MORE_VALUES = 1000

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
"""A word, and a quoted text or another word (RFC 9110, section 5.6.6)."""

_ESCAPED = re.compile("%(22|0D|0A)")
"""What browsers and curl write for a quote and the ends of lines in the name of a file,
and for nothing else, not even for a percent sign: see
https://html.spec.whatwg.org/multipage/form-control-infrastructure.html
#multipart-form-data."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as a client sent it."""

    name: str
    """The client's word for it: is told back to it, and used for nothing else."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form."""

    field: str
    name: str
    """Of the file; empty for other fields."""

    content: bytes


def photos_of(content_type: str, body: bytes, most: int) -> list[Photo]:
    """Find the photos in a request.

    Args:
        content_type: Header of the request.
        body: All of it.
        most: Photos that it may hold.

    Raises:
        HTTPException: 400 if the body is not what the header says, 413 if there are
            too many photos, 415 for other kinds of body, 422 if there is none, or
            something else.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        parts = parts_of(content_type, body, most)
        require_known((part.field for part in parts), {"files"})
        found = [
            Photo(part.name or f"photo {number}", part.content)
            for number, part in enumerate(parts, start=1)
        ]
    elif kind == "application/json":
        found = _photos_in_json(body, most)
    else:
        raise HTTPException(
            415,
            f"The body is {kind[:80] or 'of no stated type'!r}, expected "
            "multipart/form-data with files, or application/json.",
        )
    if not found:
        raise HTTPException(
            422, "There is no photo in the request. Send one or more as 'files'."
        )
    return found


def parts_of(content_type: str, body: bytes, most: int) -> list[Part]:
    """Cut a form (RFC 7578) into its fields.

    Raises:
        HTTPException: 400 if it is not well formed, 413 if it has more than ``most``.
    """
    named = _BOUNDARY.search(content_type)
    if named is None:
        _malformed("its Content-Type names no boundary")
    line = b"--" + (named[1] or named[2]).encode("latin-1")
    start = 0 if body.startswith(line) else body.find(b"\r\n" + line) + 2
    if start == 1:
        _malformed("its boundary does not occur in it")
    found: list[Part] = []
    start += len(line)
    while not body.startswith(b"--", start):
        if len(found) == most:
            raise HTTPException(
                413, f"The form has more than {most} fields. Send fewer at once."
            )
        part, start = _next_part(body, start, b"\r\n" + line)
        found.append(part)
    return found


def require_known(found: Iterable[str], known: set[str]) -> None:
    """Refuse what nobody would read: a misspelt name, most likely.

    Raises:
        HTTPException: 422 if one of the names is not among those that are known.
    """
    for name in found:
        if name not in known:
            raise HTTPException(
                422,
                f"There is no parameter or field {name[:80]!r} here. Expected "
                f"{' or '.join(repr(each) for each in sorted(known))}.",
            )


def require_no_parameters(request: Request) -> None:
    """The same where a query has nothing to say.

    Raises:
        HTTPException: 422 if there is one.
    """
    for name in request.query_params:
        raise HTTPException(
            422,
            f"There is no parameter {name[:80]!r} here: nothing of the query would be "
            "read. Leave it out; fields of a form go into the body.",
        )


def _next_part(body: bytes, start: int, line: bytes) -> tuple[Part, int]:
    """Read the field after a boundary's end; also, where the next boundary ends."""
    first = body.find(b"\r\n", start, start + _MOST_HEADER_BYTES)
    if first < 0 or body[start:first].strip(b" \t"):
        _malformed("a boundary is not followed by a new line")
    # A field without headers has the empty line at once.
    blank = body.find(b"\r\n\r\n", first, first + _MOST_HEADER_BYTES)
    if blank < 0:
        _malformed("the headers of a field have no end, or are too long")
    end = body.find(line, blank + 2)
    if end < 0:
        _malformed("its last boundary is missing: it was cut short")
    headers = body[first + 2 : blank].decode("utf-8", errors="replace")
    field, name = _names_in(headers)
    return Part(field, name, body[blank + 4 : max(blank + 4, end)]), end + len(line)


def _names_in(headers: str) -> tuple[str, str]:
    """Name of a field and of its file, from the headers of a part."""
    for line in headers.split("\r\n"):
        title, _, value = line.partition(":")
        if title.strip().lower() == "content-disposition":
            found = {
                key.lower(): word or re.sub(r"\\(.)", r"\1", quoted)
                for key, quoted, word in _PARAMETER.findall(value)
            }
            name = _ESCAPED.sub(_unescaped, found.get("filename", ""))
            return found.get("name", ""), name[-_NAME_LENGTH:]
    return "", ""


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def _photos_in_json(body: bytes, most: int) -> list[Photo]:
    _require_few_values(body, most)
    try:
        content = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HTTPException(
            400, "The body is not valid JSON, as its Content-Type says it is."
        ) from None
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list):
        raise HTTPException(
            422,
            "The JSON lacks the list 'images'. Expected "
            '{"images": [{"name": "a.jpg", "content": "<base64>"}]}.',
        )
    require_known(content, {"images"})
    _require_few(len(images), most)
    return [_photo_in_json(number, each) for number, each in enumerate(images, 1)]


def _require_few_values(body: bytes, most: int) -> None:
    """Look before Python makes an object, 25 times as large, of each value."""
    values = sum(map(body.count, (b",", b"[", b"{")))
    if values > _MORE_VALUES + most * _VALUES_OF_A_PHOTO:
        raise HTTPException(
            413,
            f"The JSON holds more than {most} photos need: names, contents and a few "
            "words. Send fewer at once, and nothing else.",
        )


def _require_few(photos: int, most: int) -> None:
    if photos > most:
        raise HTTPException(
            413,
            f"The request holds {photos} photos, and up to {most} are taken at once. "
            "Send them in several requests.",
        )


def _photo_in_json(number: int, entry: object) -> Photo:
    entry = entry if isinstance(entry, dict) else {}
    content, name = entry.get("content"), entry.get("name", f"photo {number}")
    if not isinstance(content, str) or not isinstance(name, str):
        raise HTTPException(
            422,
            f"Image {number} is not an object with a text 'content', in base64, and "
            "perhaps a text 'name'.",
        )
    require_known(entry, {"name", "content"})
    try:
        return Photo(name[-_NAME_LENGTH:], base64.b64decode(content, validate=True))
    except (binascii.Error, ValueError):
        raise HTTPException(
            422, f"The 'content' of image {number} is not valid base64."
        ) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are no JSON, though Python reads them


def _malformed(why: str) -> NoReturn:
    raise HTTPException(400, f"The form cannot be read: {why}.")
