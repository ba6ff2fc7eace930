"""Single values of untrusted JSON, each of the kind and in the range that is expected.

A check raises ValueError with a few words that name the value; whoever reads a file
turns them into a sentence about it. ``True`` is no number here.
"""

import reprlib
from collections.abc import Mapping
from typing import Any

__all__ = ["as_items", "as_members", "as_number", "as_text", "as_whole", "member"]


def member(found: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - not yet checked
    """Look up what must be there."""
    if name not in found:
        raise ValueError(f"{name} is missing")
    return found[name]


def as_text(value: object, name: str, *, most: int) -> str:
    """A string of 1 to ``most`` characters, which can be written to a file.

    Names of folders need not be text: bytes that are none are kept as Python keeps
    them, and no other lone surrogates.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise _unlike(value, name, f"text of 1 to {most:,} characters")
    try:
        value.encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise _unlike(value, name, "text without lone surrogates") from error
    return value


def as_whole(value: object, name: str, *, least: int, most: int) -> int:
    """A whole number in a range, its ends included."""
    if type(value) is not int or not least <= value <= most:
        raise _unlike(value, name, f"a whole number from {least:,} to {most:,}")
    return value


def as_number(value: object, name: str, *, least: float, most: float) -> float:
    """A finite number in a range, its ends included."""
    expected = f"a number from {least:g} to {most:g}"
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _unlike(value, name, expected)
    if not least <= value <= most:
        raise _unlike(value, name, expected)
    return float(value)


def as_items(value: object, name: str, *, least: int = 0, most: int) -> list[Any]:
    """A list of ``least`` to ``most`` values."""
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _unlike(value, name, f"a list of {least:,} to {most:,} values")
    return value


def as_members(value: object, name: str) -> dict[str, Any]:
    """An object: values by name."""
    if not isinstance(value, dict):
        raise _unlike(value, name, "an object")
    return value


def _unlike(value: object, name: str, expected: str) -> ValueError:
    return ValueError(f"{name} is {reprlib.repr(value)}, expected {expected}")
