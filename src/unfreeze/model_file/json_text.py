"""JSON that anybody may have written, read within limits.

Depth and length are looked at before anything is built from the text, so that a small
file cannot ask for much memory or for a deep recursion.
"""

import json
import math
import re
from typing import Any, NoReturn

__all__ = ["MOST_DEPTH", "MOST_MARKS", "parse_json"]

MOST_DEPTH = 32
"""Brackets within brackets. What unfreeze writes needs five."""

MOST_MARKS = 1_000_000
"""Brackets and commas, each of which can mean one more value in memory. A hundred
thousand class names, or ten thousand tensors, need a tenth of it."""

# A string, whether or not it ends, or a bracket. No text makes it look twice at a
# place: its repetitions give nothing back.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse_json(text: str) -> Any:  # noqa: ANN401 - whatever the text says
    """Read one JSON value.

    Raises:
        ValueError: If the text is no JSON, is too deep or too long, says a name twice
            in one object, or holds a number that JSON does not know, such as NaN, or
            one that is too large for a float.
    """
    marks = sum(text.count(mark) for mark in "[{,")
    if marks > MOST_MARKS:
        raise ValueError(f"{marks:,} values, at most {MOST_MARKS:,} are read")
    _require_shallow(text)
    return json.loads(
        text,
        object_pairs_hook=_without_repeats,
        parse_constant=_refuse_constant,
        parse_float=_finite,
    )


def _require_shallow(text: str) -> None:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        first = found[0][0]
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth -= 1
        if depth > MOST_DEPTH:
            raise ValueError(f"brackets nested deeper than {MOST_DEPTH}")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _finite(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"{text:.20} is too large for a number")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
