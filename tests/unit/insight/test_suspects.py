"""Mirrors src/unfreeze/insight/suspects.py."""

import numpy as np
import pytest

from unfreeze.insight.out_of_fold import out_of_fold_probs
from unfreeze.insight.suspects import label_suspects, outliers
from unfreeze.numerics.folds import grouped_folds
from unfreeze.records import Finding

_CLASSES = ("cats", "dogs")


def _names(count: int) -> list[str]:
    return [f"train/{number}.jpg" for number in range(count)]


def _apart(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Groups of one photo, and a fold for each of five."""
    return np.arange(count), np.arange(count) // 2 % 5


def _judged(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray
) -> list[Finding]:
    """What is found by heads on these features, as in a check of a folder."""
    classes = tuple("abc")[: labels.max() + 1]
    folds = grouped_folds(labels, groups, 5, seed=0)
    probs = out_of_fold_probs(features, labels, len(classes), folds)
    return label_suspects(_names(len(labels)), classes, labels, probs, groups, folds)


def test_the_most_suspicious_label_comes_first() -> None:
    probs = np.tile([[0.9, 0.1], [0.1, 0.9]], (20, 1))
    probs[6], probs[8] = [0.1, 0.9], [0.02, 0.98]

    found = label_suspects(
        _names(40), _CLASSES, np.tile([0, 1], 20), probs, *_apart(40)
    )

    assert [each.files for each in found] == [("train/8.jpg",), ("train/6.jpg",)]
    assert found[0].score > found[1].score > 0.5
    assert "Labelled 'cats'" in found[0].message
    assert "says 'dogs' with a probability of 0.980" in found[0].message


def test_classes_of_a_few_photos_are_not_judged() -> None:
    labels = np.array([0] * 20 + [1] * 4)
    probs = np.tile([0.9, 0.1], (24, 1))

    assert label_suspects(_names(24), _CLASSES, labels, probs, *_apart(24)) == []


def test_copies_of_one_photo_are_no_class_that_can_be_judged() -> None:
    labels = np.array([0] * 20 + [1] * 20)
    probs = np.tile([0.9, 0.1], (40, 1))
    groups = np.concatenate([np.arange(20), np.repeat([20, 21, 22, 23], 5)])
    folds = np.arange(40) % 5

    assert label_suspects(_names(40), _CLASSES, labels, probs, groups, folds) == []


@pytest.mark.parametrize("num_rare", [1, 3])
def test_a_class_too_small_to_learn_makes_no_others_suspect(num_rare: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    features = rng.normal(size=(400, 20)) + 0.6 * np.eye(2, 20)[labels]
    rare = rng.normal(size=(num_rare, 20))

    plain = _judged(features, labels, np.arange(400))
    found = _judged(
        np.concatenate([features, rare]),
        np.concatenate([labels, np.full(num_rare, 2)]),
        np.arange(400 + num_rare),
    )

    assert abs(len(found) - len(plain)) <= 8
    assert not {each.files for each in found} & {
        (f"train/{number}.jpg",) for number in range(400, 400 + num_rare)
    }


@pytest.mark.parametrize("num_groups", [1, 2, 40])
def test_correct_labels_are_not_suspect_beside_a_class_of_few_groups(
    num_groups: int,
) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 40)
    features = rng.normal(size=(120, 20)) + 6 * np.eye(3, 20)[labels]
    groups = np.concatenate([np.arange(80), 80 + np.arange(40) % num_groups])

    assert _judged(features, labels, groups) == []


def test_copies_do_not_make_the_other_photos_outliers() -> None:
    """Six in ten photos of a class are one placeholder."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 16))
    features[:60] = rng.normal(size=16)
    groups = np.concatenate([np.zeros(60, dtype=int), np.arange(1, 141)])
    features[70] += 9

    found = outliers(_names(200), _CLASSES, np.repeat([0, 1], 100), features, groups)

    assert found[0].files == ("train/70.jpg",)
    assert len(found) <= 4
    assert max(each.score for each in found) < 100


def test_all_copies_of_an_outlier_are_named() -> None:
    features = np.random.default_rng(0).normal(size=(60, 8))
    features[[17, 31]] = 9
    groups = np.arange(60)
    groups[31] = 17

    found = outliers(_names(60), _CLASSES, np.tile([0, 1], 30), features, groups)

    assert found[0].files == ("train/17.jpg", "train/31.jpg")


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_a_class_that_is_mostly_dark_frames_has_no_outliers(noise: float) -> None:
    """They show nothing, so that nobody calls them copies of each other."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(100, 16))
    features[:60] = noise * rng.normal(size=(60, 16))

    found = outliers(
        _names(100), _CLASSES, np.zeros(100, int), features, np.arange(100)
    )

    assert found == []


def test_a_photo_far_from_all_others_is_an_outlier() -> None:
    features = np.random.default_rng(0).normal(size=(60, 8))
    features[17] += 8

    found = outliers(_names(60), _CLASSES, np.tile([0, 1], 30), features, np.arange(60))

    assert found[0].files == ("train/17.jpg",)
    assert found[0].policy == "kept"
    assert len(found) <= 2


def test_a_handful_of_photos_has_no_outliers() -> None:
    assert (
        outliers(_names(5), _CLASSES, np.zeros(5, dtype=int), np.eye(5), np.arange(5))
        == []
    )
