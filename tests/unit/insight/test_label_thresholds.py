"""Mirrors src/unfreeze/insight/label_thresholds.py."""

import numpy as np
import pytest
from sklearn.metrics import fbeta_score

from unfreeze.errors import DataError
from unfreeze.insight.label_thresholds import choose_thresholds
from unfreeze.numerics.thresholds import best_threshold, best_thresholds
from unfreeze.records import Predictions


def _answers(shifts: list[float], count: int, seed: int = 0) -> Predictions:
    """Each label shows above a probability of its own, with some noise."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((count, len(shifts))) < 0.4).astype(np.float32)
    noise = rng.normal(0, 0.08, labels.shape)
    probs = np.clip(np.array(shifts) + 0.3 * (labels - 0.5) + noise, 0.001, 0.999)
    names = [str(row) for row in range(count)]
    return Predictions(names, tuple("abc"[: len(shifts)]), np.log(probs), labels)


def test_labels_that_differ_get_thresholds_of_their_own() -> None:
    answers = _answers([0.2, 0.5, 0.8], 400)
    assert answers.labels is not None

    found = choose_thresholds(answers)

    assert found.is_per_label
    assert found.thresholds == best_thresholds(answers.probs, answers.labels)
    assert found.f2_per_label > found.f2_common + 0.05


def test_labels_that_are_alike_share_one_threshold() -> None:
    answers = _answers([0.5, 0.5, 0.5], 24)
    assert answers.labels is not None

    found = choose_thresholds(answers)

    assert not found.is_per_label
    assert found.thresholds == (best_threshold(answers.probs, answers.labels),) * 3


def test_what_is_told_is_not_flattered() -> None:
    """Thresholds found on the same images score higher than those found on others."""
    told, flattered = [], []
    for seed in range(8):
        answers = _answers([0.5, 0.5, 0.5], 20, seed)
        found = choose_thresholds(answers)
        chosen = answers.probs > np.array(found.thresholds)
        told.append(max(found.f2_common, found.f2_per_label))
        flattered.append(
            fbeta_score(
                answers.labels, chosen, beta=2, average="samples", zero_division=0
            )
        )

    assert np.mean(told) < np.mean(flattered)


def test_one_image_gets_a_threshold_too() -> None:
    found = choose_thresholds(_answers([0.5, 0.5], 1))

    assert len(found.thresholds) == 2
    assert (found.f2_common, found.f2_per_label) == (0.0, 0.0)


def test_images_need_labels() -> None:
    bare = Predictions(["a"], ("x",), np.zeros((1, 1)), None)

    with pytest.raises(DataError, match="no labels"):
        choose_thresholds(bare)
