"""Mirrors src/unfreeze/insight/interval_chart.py."""

import xml.etree.ElementTree as ET

import pytest

from unfreeze.insight.interval_chart import interval_chart


def parts(value: float, interval: tuple[float, float]) -> dict[str, list[ET.Element]]:
    root = ET.fromstring(interval_chart(value, interval))  # noqa: S314 (our own)
    return {name: root.findall(name) for name in ("rect", "circle", "line", "text")}


@pytest.mark.parametrize(
    ("value", "interval"),
    [
        (0.025, (0.004, 0.048)),
        (-0.3, (-0.41, -0.2)),
        (0.0, (-1.0, 1.0)),
        (0.0, (-0.0002, 0.0002)),
        (0.0, (0.0, 0.0)),
        (1.0, (0.5, 1.0)),
    ],
)
def test_all_of_it_lies_on_the_sheet_and_in_order(
    value: float, interval: tuple[float, float]
) -> None:
    found = parts(value, interval)

    band = found["rect"][0]
    left = float(band.attrib["x"])
    right = left + float(band.attrib["width"])
    point = float(found["circle"][0].attrib["cx"])
    assert 24 <= left <= point <= right + 0.01
    assert right <= 397
    zero = float(found["line"][-1].attrib["x1"])
    assert zero == 210
    assert (point > zero) == (value > 0)


def test_ticks_are_round_points_around_0() -> None:
    found = parts(0.025, (0.004, 0.048))

    words = [each.text for each in found["text"]]
    assert words == ["-6", "-4", "-2", "0", "+2", "+4", "+6", "worse", "better"]


@pytest.mark.parametrize("reach", [0.003, 0.011, 0.05, 0.21, 0.77])
def test_ticks_are_few(reach: float) -> None:
    found = parts(0.0, (-reach, reach))

    assert 3 <= len(found["text"]) - 2 <= 11
