"""Mirrors src/unfreeze/insight/outlook.py."""

import html
from dataclasses import replace

import numpy as np
import pytest

from unfreeze.insight.outlook import (
    Outlook,
    outlook,
    sentence_for_all,
    sentence_of,
)


def clouds(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three overlapping normal clouds in many dimensions: more photos do help."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    return 1.2 * np.eye(3, 60)[labels] + rng.normal(size=(count, 60)), labels


def of_clouds(count: int = 240) -> Outlook:
    features, labels = clouds(count, 1)
    asked, truth = clouds(300, 2)
    predicted = np.where(np.arange(300) < 60, (truth + 1) % 3, truth)
    return outlook((features, asked), (labels, truth), predicted, ("a", "b", "<c>"))


def test_a_rising_curve_is_a_gain_in_points_of_the_model_itself() -> None:
    found = of_clouds()

    assert found.error == pytest.approx(0.2)
    assert found.overall is not None
    assert found.overall.more == 240
    assert [point.photos for point in found.overall.points][-1] == 240
    assert found.has_gain
    sentence = sentence_for_all(found)
    assert sentence.startswith("240 more photos like those you have would bring")
    points = float(sentence.split("about ")[1].split(" points")[0])
    assert points == pytest.approx(100 * 0.2 * found.overall.saved, abs=0.06)


def test_the_weakest_classes_have_forecasts_of_their_own() -> None:
    found = of_clouds()

    assert {each.name for each in found.by_class} == {"a", "b", "<c>"}
    assert [each.missed for each in found.by_class] == sorted(
        (each.missed for each in found.by_class), reverse=True
    )
    first = found.by_class[0]
    assert first.forecast.more == 80
    name = html.escape(first.name)
    assert f"80 more photos of <bdi>{name}</bdi>" in sentence_of(first)


def test_a_class_that_was_never_learned_has_no_forecast() -> None:
    """Its photos are all missed, and more than none of them are still unknown."""
    features, labels = clouds(240, 1)
    asked, truth = clouds(300, 2)
    truth = np.where(np.arange(300) < 30, 3, truth)
    predicted = np.where(np.arange(300) < 60, (truth + 1) % 3, truth)

    found = outlook(
        (features, asked), (labels, truth), predicted, ("a", "b", "c", "unknown")
    )

    assert len(found.by_class) == 3
    assert "unknown" not in {each.name for each in found.by_class}


def test_too_few_photos_get_a_reason_instead_of_a_number() -> None:
    found = of_clouds(count=30)

    assert found.overall is None
    assert not found.has_gain
    assert "it takes 20 photos of each class" in sentence_for_all(found)


def test_the_answer_is_the_same_every_time() -> None:
    assert of_clouds() == of_clouds()


def test_separate_classes_have_no_gain_to_be_seen() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    features = 9.0 * np.eye(2, 10)[labels] + rng.normal(size=(200, 10))

    found = outlook((features, features), (labels, labels), labels, ("a", "b"))

    assert found.by_class == ()
    assert not found.has_gain  # which is not to be advised
    assert sentence_for_all(found).startswith("No gain to be seen from 200 more")


def test_a_gain_of_a_model_without_mistakes_is_none() -> None:
    """The quick heads gain, and the model has nothing to gain."""
    found = replace(of_clouds(), error=0.0)

    assert found.overall is not None
    assert found.overall.is_seen
    assert not found.has_gain
    assert sentence_for_all(found).startswith("No gain to be seen")
