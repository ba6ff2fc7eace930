"""Durations as people write them: ``45s``, ``10m``, ``1h30m``."""

import math
import re

from unfreeze.errors import PlanError

__all__ = ["as_duration", "seconds_of"]

_NUMBER = r"(\d+(?:\.\d+)?)"
_WRITTEN = re.compile(f"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?", re.ASCII)
_UNITS = (3600, 60, 1)
"""Seconds in an hour, a minute and a second."""


def seconds_of(text: str) -> float:
    """Read a duration. A number without a unit could mean anything, and is refused.

    Raises:
        PlanError: If it is not written as a duration above 0.

    Example:
        >>> [seconds_of(each) for each in ("45s", "10m", "1.5h", "1h30m")]
        [45.0, 600.0, 5400.0, 5400.0]
    """
    found = _WRITTEN.fullmatch(text)
    numbers = (None,) if found is None else found.groups()
    seconds = sum(
        float(number) * unit
        for number, unit in zip(numbers, _UNITS, strict=False)
        if number is not None
    )
    if not 0 < seconds < math.inf:
        raise PlanError(
            f"Got the time {text!r}. Write it above 0 and with units, such as 45s, "
            "10m, 1.5h or 1h30m."
        )
    return float(seconds)


def as_duration(seconds: float) -> str:
    """Write a duration of 0 seconds or more, to the second; from an hour, the minute.

    Example:
        >>> as_duration(45.2), as_duration(600), as_duration(615), as_duration(5400)
        ('45s', '10m', '10m15s', '1h30m')
    """
    rest = round(seconds) if round(seconds) < 3600 else 60 * round(seconds / 60)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
