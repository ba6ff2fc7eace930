"""Mirrors src/unfreeze/insight/out_of_fold.py."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from unfreeze.insight.out_of_fold import head_probs, out_of_fold_probs


def _two_clouds(count: int = 100) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, count)
    return rng.normal(size=(count, 5)) + 2 * labels[:, None], labels


def test_probabilities_are_those_of_scikit_learns_cross_validation() -> None:
    features, labels = _two_clouds()
    folds = np.arange(100) % 4

    found = out_of_fold_probs(features, labels, 2, folds)

    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.001, max_iter=200))
    expected = cross_val_predict(
        head, features, labels, cv=PredefinedSplit(folds), method="predict_proba"
    )
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_class_that_cannot_be_learned_has_no_probability() -> None:
    features, labels = _two_clouds()

    found = head_probs(features, 2 * labels, 3, features[:7])

    assert not found[:, 1].any()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_head_that_knows_one_class_says_it() -> None:
    found = head_probs(np.eye(3), np.array([1, 1, 1]), 2, np.eye(3)[:2])

    assert found.tolist() == [[0, 1], [0, 1]]
