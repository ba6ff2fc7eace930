"""Mirrors src/unfreeze/numerics/ridge.py."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from unfreeze.numerics.ridge import ridge_scores


@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_scores_are_those_of_scikit_learn(penalty: float) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 80)
    features = rng.normal(size=(80, 6)) + 2 * np.eye(3, 6)[labels]
    features[:, 5] = 7  # says nothing
    others = rng.normal(size=(20, 6))
    scaler = StandardScaler().fit(features)
    theirs = RidgeClassifier(alpha=penalty * 80).fit(scaler.transform(features), labels)

    ours = ridge_scores(features, labels, 3, others, penalty)

    expected = theirs.decision_function(scaler.transform(others))
    np.testing.assert_allclose(ours, expected, atol=1e-10)
