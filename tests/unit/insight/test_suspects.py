"""Mirrors src/unfreeze/insight/suspects.py."""

import numpy as np

from unfreeze.insight.suspects import label_suspects, outliers

_CLASSES = ("cats", "dogs")


def _names(count: int) -> list[str]:
    return [f"train/{number}.jpg" for number in range(count)]


def test_the_most_suspicious_label_comes_first() -> None:
    probs = np.tile([[0.9, 0.1], [0.1, 0.9]], (20, 1))
    probs[6], probs[8] = [0.1, 0.9], [0.02, 0.98]

    found = label_suspects(_names(40), _CLASSES, np.tile([0, 1], 20), probs)

    assert [each.files for each in found] == [("train/8.jpg",), ("train/6.jpg",)]
    assert found[0].score > found[1].score > 0.5
    assert "Labelled 'cats'" in found[0].message
    assert "says 'dogs' with a probability of 0.980" in found[0].message


def test_classes_of_a_few_photos_are_not_judged() -> None:
    labels = np.array([0] * 20 + [1] * 4)
    probs = np.tile([0.9, 0.1], (24, 1))

    assert label_suspects(_names(24), _CLASSES, labels, probs) == []


def test_a_photo_far_from_all_others_is_an_outlier() -> None:
    features = np.random.default_rng(0).normal(size=(60, 8))
    features[17] += 8

    found = outliers(_names(60), _CLASSES, np.tile([0, 1], 30), features)

    assert found[0].files == ("train/17.jpg",)
    assert found[0].policy == "kept"
    assert len(found) <= 2


def test_a_handful_of_photos_has_no_outliers() -> None:
    assert outliers(_names(5), _CLASSES, np.zeros(5, dtype=int), np.eye(5)) == []
