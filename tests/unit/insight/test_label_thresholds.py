"""Mirrors src/unfreeze/insight/label_thresholds.py."""

import numpy as np
import pytest
from sklearn.metrics import fbeta_score

from unfreeze.errors import DataError
from unfreeze.insight.label_thresholds import find_f2_threshold
from unfreeze.numerics.thresholds import best_threshold
from unfreeze.records import Predictions


def _answers(middle: float, count: int, seed: int = 0) -> Predictions:
    """Labels show above one probability, with some noise."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((count, 3)) < 0.4).astype(np.float32)
    noise = rng.normal(0, 0.08, labels.shape)
    probs = np.clip(middle + 0.3 * (labels - 0.5) + noise, 0.001, 0.999)
    names = [str(row) for row in range(count)]
    return Predictions(names, tuple("abc"), np.log(probs), labels)


def test_it_is_the_best_of_all_images() -> None:
    answers = _answers(0.3, 400)
    assert answers.labels is not None

    found = find_f2_threshold(answers)

    assert found.threshold == best_threshold(answers.probs, answers.labels)
    assert found.f2 > found.f2_usual + 0.2


def test_the_usual_threshold_is_judged_as_scikit_learn_does() -> None:
    """Each way of halving judges every image once, so the mean is that of them all."""
    answers = _answers(0.4, 40)

    found = find_f2_threshold(answers)

    wanted = fbeta_score(
        answers.labels, answers.probs > 0.5, beta=2, average="samples", zero_division=0
    )
    assert found.f2_usual == pytest.approx(float(wanted))


def test_what_is_told_is_not_flattered() -> None:
    """Thresholds found on the same images score higher than those found on others."""
    told, flattered = [], []
    for seed in range(8):
        answers = _answers(0.5, 20, seed)
        found = find_f2_threshold(answers)
        chosen = answers.probs > found.threshold
        told.append(found.f2)
        flattered.append(
            fbeta_score(
                answers.labels, chosen, beta=2, average="samples", zero_division=0
            )
        )

    assert np.mean(told) < np.mean(flattered)


def test_one_image_gets_a_threshold_and_no_score() -> None:
    found = find_f2_threshold(_answers(0.5, 1))

    assert 0 < found.threshold < 1
    assert (found.f2, found.f2_usual) == (0.0, 0.0)


def test_images_need_labels() -> None:
    bare = Predictions(["a"], ("x",), np.zeros((1, 1)), None)

    with pytest.raises(DataError, match="no labels"):
        find_f2_threshold(bare)
