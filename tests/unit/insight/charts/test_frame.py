"""Mirrors src/unfreeze/insight/charts/frame.py."""

import math
from xml.etree import ElementTree as Tree

import pytest

from unfreeze.insight.charts.frame import Frame, drawing, linear_axis, log_axis


def root_of(picture: str) -> Tree.Element:
    return Tree.fromstring(picture)  # noqa: S314  # our own drawing


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 313, [0, 100, 200, 300]),
        (-0.03, 0.11, [0, 0.05, 0.1]),
    ],
)
def test_ticks_are_round_numbers_within_the_axis(
    low: float, high: float, ticks: list[float]
) -> None:
    assert [value for value, _ in linear_axis(low, high).ticks] == ticks


def test_an_axis_of_one_number_is_widened() -> None:
    axis = linear_axis(2, 2)

    assert axis.place(2) == pytest.approx(0.5)


def test_a_log_axis_has_powers_of_ten_within_its_ends() -> None:
    axis = log_axis(3e-6, 4)

    assert [value for value, _ in axis.ticks] == pytest.approx(
        [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]
    )
    assert [words for _, words in axis.ticks][:3] == ["10⁻⁵", "10⁻⁴", "0.001"]
    assert axis.place(math.sqrt(3e-6 * 4)) == pytest.approx(0.5)


def test_a_short_log_axis_has_ticks_in_between() -> None:
    words = [words for _, words in log_axis(80, 2560).ticks]

    assert words == ["100", "200", "500", "1,000", "2,000"]


def test_numbers_beyond_an_axis_stay_in_the_frame() -> None:
    axis = linear_axis(0, 1)

    assert (axis.place(-3), axis.place(7)) == (0, 1)


def test_corners_of_a_frame_lie_within_its_margins() -> None:
    frame = Frame(linear_axis(0, 10), linear_axis(0, 1), width=100, height=80,
                  right=10, top=5, bottom=15)  # fmt: skip

    assert (frame.across(0), frame.down(0)) == (62, 65)
    assert (frame.across(10), frame.down(1)) == (90, 5)


def test_long_numbers_leave_room_for_the_name_of_their_axis() -> None:
    frame = Frame(linear_axis(0, 1), linear_axis(0, 1, "{:.3f} percent".format))

    assert frame.left > 13 + 7 + 6 * len("0.000 percent")


def test_dots_beyond_an_axis_are_left_out() -> None:
    frame = Frame(log_axis(1e-3, 1), linear_axis(0, 1))

    dots = frame.dots([1e-4, 1e-2, 1e-1, 1], [0.5, 0.5, 2, math.nan], "blue")

    assert str(root_of(dots).get("d")).count("M") == 1


def test_a_line_has_a_gap_where_a_number_is_missing() -> None:
    frame = Frame(linear_axis(0, 3), linear_axis(0, 1))

    line = frame.line([0, 1, 2, 3], [0, 1, math.nan, 1], "line", "blue")

    path = str(root_of(line).get("d"))
    assert path.count("M") == 2
    assert path.count("L") == 1


def test_a_drawing_says_what_it_shows_and_takes_colours_from_the_page() -> None:
    frame = Frame(linear_axis(0, 1), linear_axis(0, 1))

    picture = drawing(10, 20, 'a "b" <c>', [frame.dot(0.5, 0.5, "blue")])

    root = root_of(picture)
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a "b" <c>'
    assert root.get("viewBox") == "0 0 10 20"
    assert root[0].get("fill") == "var(--blue)"
    assert "style=" not in picture
