"""Mirrors the drawings in src/unfreeze/insight/charts: losses, matrices, trust, ..."""

import math
import re
from xml.etree import ElementTree as Tree

import numpy as np
import pytest

from unfreeze.insight.charts.learning import learning_chart
from unfreeze.insight.charts.losses import FitLosses, loss_chart, rate_chart
from unfreeze.insight.charts.maps import feature_map_chart, series_colour
from unfreeze.insight.charts.matrices import confusion_chart
from unfreeze.insight.charts.trust import ReliabilityBin, reliability_chart
from unfreeze.numerics.learning_curves import forecast_of
from unfreeze.numerics.suggest import Curve

HOSTILE = "<script>alert(1)</script>"


def root_of(picture: str) -> Tree.Element:
    return Tree.fromstring(picture)  # noqa: S314  # our own drawing


def texts(picture: str) -> list[str]:
    root = root_of(picture)
    return [each.text or "" for name in ("text", "tspan") for each in root.iter(name)]


def paths(picture: str, kind: str) -> list[str]:
    found = root_of(picture).iter("path")
    return [str(each.get("d")) for each in found if each.get("class") == kind]


def test_losses_of_all_fits_stand_one_after_the_other() -> None:
    fits = [
        FitLosses("fit 1", list(np.geomspace(1, 0.2, 40)), [(20, 0.6), (40, 0.3)]),
        FitLosses("fit 2", [0.3, math.nan, 0.2], [(3, 0.25)]),
    ]

    picture = loss_chart(fits, begins_at=20)

    assert {"training", "validation", "over-fitting begins"} <= set(texts(picture))
    assert len(paths(picture, "line")) == 4 + 2  # and two strokes of the legend
    begins = paths(picture, "line dashed")
    assert len(begins) == 1
    across = float(re.findall(r"M([\d.]+)", begins[0])[0])
    assert across == pytest.approx(62 + 20 / 43 * (440 - 62 - 20), abs=0.1)


def test_the_legend_of_losses_stands_above_all_curves() -> None:
    picture = loss_chart([FitLosses("fit 1", [9.0, *[1.0] * 30], [(31, 1.0)])])

    lines = [*paths(picture, "line"), *paths(picture, "line faint")]
    strokes = [path for path in lines if path.endswith("h16")]
    curves = "".join(path for path in lines if path not in strokes)
    lowest = max(float(path.split()[1].removesuffix("h16")) for path in strokes)
    assert len(strokes) == 2
    assert lowest < min(map(float, re.findall(r"[ML][\d.]+ ([\d.]+)", curves)))


def test_a_fit_without_a_finite_loss_is_still_a_picture() -> None:
    assert root_of(loss_chart([FitLosses("a", [math.nan], [])])) is not None
    assert root_of(loss_chart([])) is not None


def test_a_rate_search_marks_the_suggested_rate_and_all_sweeps() -> None:
    rates = np.geomspace(1e-5, 1, 50)
    losses = 1 - 0.5 * np.exp(-((np.log10(rates) + 2) ** 2))

    picture = rate_chart([Curve(rates, losses)] * 3, 4.9e-3, 1e-3, 1e-2)

    assert "suggested: 4.9e-03" in texts(picture)
    assert len(paths(picture, "line")) == 1
    assert len(paths(picture, "line faint")) == 2
    assert len(paths(picture, "band")) == 1


def test_a_rate_search_shows_batches_and_no_line_where_the_loss_explodes() -> None:
    rates = np.geomspace(1e-5, 1, 100)
    losses = np.where(rates < 1e-2, 1.0 - 0.1 * np.log10(rates / 1e-5), 40.0)

    picture = rate_chart([Curve(rates, losses)], None)

    (dots,), (line,) = paths(picture, "dots"), paths(picture, "line")
    shown = [float(each.split()[0]) for each in dots.replace("h0", "").split("M")[1:]]
    assert 55 <= len(shown) <= 60  # which lie before the explosion
    last = float(line.split("L")[-1].split()[0])
    assert last == pytest.approx(max(shown), abs=50)  # as wide as it averages
    assert last < 320  # the axis ends at 420


def test_a_search_without_losses_says_so() -> None:
    assert "no finite loss" in rate_chart([Curve([], [])], None)


def test_a_confusion_matrix_shows_its_counts_and_names_as_text() -> None:
    picture = confusion_chart(np.array([[9, 1], [0, 5]]), ["cats", HOSTILE])

    assert {"9", "1", "0", "5", "cats"} <= set(texts(picture))
    assert HOSTILE not in picture
    titles = [each.text for each in root_of(picture).iter("title")]
    assert f"cats taken for {HOSTILE}: 1 (10%)" in titles


def test_long_class_names_are_broken_into_lines_and_whole_to_a_pointer() -> None:
    long = "Great Northern Loon in winter plumage"
    picture = confusion_chart(np.eye(2, dtype=int), [long, "c" * 60])

    lines = [each.text for each in root_of(picture).iter("tspan")]
    assert lines[:2] == ["Great Northern", "Loon in w… plumage"]
    titles = [each.text for each in root_of(picture).iter("title")]
    assert {long, "c" * 60} <= set(titles)


def test_names_of_many_classes_do_not_run_into_each_other() -> None:
    names = [f"a rather long name of class {n}" for n in range(30)]

    picture = confusion_chart(np.eye(30, dtype=int), names)

    assert len(list(root_of(picture).iter("tspan"))) == 60  # a line in row and column


def test_many_classes_have_cells_without_numbers() -> None:
    picture = confusion_chart(np.eye(40, dtype=int), [f"c{n}" for n in range(40)])

    assert len(list(root_of(picture).iter("rect"))) == 2 * 1600
    assert "1" not in texts(picture)


def test_reliability_places_each_bin_where_it_belongs() -> None:
    bins = [ReliabilityBin(0.5, 0.75, 10), ReliabilityBin(1.0, 1.0, 30),
            ReliabilityBin(0.2, 0.0, 0)]  # fmt: skip

    picture = reliability_chart(bins)

    dots = list(root_of(picture).iter("circle"))
    assert len(dots) == 2
    place = float(str(dots[0].get("cx"))), float(str(dots[0].get("cy")))
    assert place == pytest.approx((62 + 0.5 * 278, 340 - 42 - 0.75 * 286), abs=0.1)
    assert "after scaling" not in texts(picture)


def test_a_feature_map_has_a_dot_for_each_photo_and_a_cross_for_each_mistake() -> None:
    places = np.random.default_rng(0).normal(size=(30, 2))
    is_wrong = np.arange(30) < 4

    picture = feature_map_chart(
        places, np.arange(30) % 3, is_wrong, ["a", "b", HOSTILE],
        [f"{n}.jpg" for n in range(30)],
    )  # fmt: skip

    root = root_of(picture)
    spots = [each for each in root.iter("circle") if each.get("class") == "spot"]
    assert len(spots) == 30
    assert len(paths(picture, "cross")) == 4 + 1
    assert HOSTILE not in picture
    assert "0.jpg" in [each.text for each in root.iter("title")]


def test_a_feature_map_of_very_many_photos_keeps_every_mistake() -> None:
    is_wrong = np.zeros(20_000, dtype=bool)
    is_wrong[::1000] = True

    picture = feature_map_chart(
        np.random.default_rng(0).random((20_000, 2)),
        np.zeros(20_000, dtype=int), is_wrong, ["a"],
    )  # fmt: skip

    assert picture.count('class="spot"') <= 3020
    assert picture.count('class="cross"') == 21


def test_colours_come_round_again() -> None:
    assert series_colour(0) == series_colour(8) == "series-1"


def test_a_learning_curve_shows_what_was_measured_and_what_is_expected() -> None:
    sizes = np.array([0, 0, 1, 1, 2])
    is_right = np.random.default_rng(0).random((5, 200)) > 0.3
    forecast = forecast_of((50, 100, 200), sizes, is_right, more=200)

    picture = learning_chart(forecast)

    assert len(list(root_of(picture).iter("circle"))) == 3
    assert len(paths(picture, "line dashed")) == 1
    assert len(paths(picture, "band")) == 1
