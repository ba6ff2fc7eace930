"""The one door for JSON that leaves the program: RFC 8259, in ASCII, in one key order.

Python would write ``NaN`` and ``Infinity``, which JSON does not know and most programs
refuse. Here such figures become null, or are refused where numbers were promised.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["as_json_text", "exact_json_text", "figure_or_nan"]


def as_json_text(content: object, *, indent: int | None = None) -> str:
    """Write a value as JSON, which has null for what is no finite number.

    Args:
        content: Of dictionaries, lists, tuples, texts, numbers and None.
        indent: Spaces before each level; all on one line unless given.

    Raises:
        TypeError: If it holds anything else.
    """
    try:
        return exact_json_text(content, indent=indent)
    except ValueError:
        return exact_json_text(_finite(content), indent=indent)


def exact_json_text(
    content: object,
    *,
    indent: int | None = None,
    sort_keys: bool = False,
    is_compact: bool = False,
) -> str:
    """Write a value as JSON from which the same value is read again.

    Args:
        content: As ``as_json_text`` takes it.
        indent: Spaces before each level; all on one line unless given.
        sort_keys: Whether equal dictionaries have equal texts, whatever their order.
        is_compact: Leave out spaces behind commas and colons.

    Raises:
        TypeError: If it holds what JSON does not know.
        ValueError: If it holds a number that is not finite.
    """
    try:
        return json.dumps(  # noqa: TID251  # banned elsewhere: this is its one door
            content,
            allow_nan=False,
            indent=indent,
            sort_keys=sort_keys,
            separators=(",", ":") if is_compact else None,
        )
    except ValueError as error:
        raise ValueError("NaN or Infinity is no number of JSON") from error


def figure_or_nan(value: float | None) -> float:
    """A figure as it is read again: null stands for what was no finite number."""
    return math.nan if value is None else float(value)


def _finite(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {name: _finite(each) for name, each in value.items()}
        case list() | tuple():
            return [_finite(each) for each in value]
        case _:
            return value
