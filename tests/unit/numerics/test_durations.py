"""Mirrors src/unfreeze/numerics/durations.py."""

import pytest

from unfreeze.errors import PlanError
from unfreeze.numerics.durations import as_duration, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45),
        ("0.5s", 0.5),
        ("10m", 600),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("1h30m15s", 5415),
        ("2m5s", 125),
        ("1h1s", 3601),
    ],
)
def test_units_add_up(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", "10", "m", "-5m", "10 m", "10min", "5s10m", "1e3s", "nan", "infs", "0s",
        "0h0m", ".5h", "10m10", "9" * 400 + "s", "٣m",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="such as 45s, 10m"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (59.4, "59s"),
        (59.6, "1m"),
        (61, "1m1s"),
        (3599.7, "1h"),
        (3620, "1h"),
        (3640, "1h1m"),
        (7199, "2h"),
        (90000, "25h"),
    ],
)
def test_durations_are_rounded_and_carried_over(seconds: float, text: str) -> None:
    assert as_duration(seconds) == text


@pytest.mark.parametrize("seconds", [1, 59, 60, 3599, 3600, 5400, 86400])
def test_what_is_written_can_be_read(seconds: float) -> None:
    assert seconds_of(as_duration(seconds)) == seconds
