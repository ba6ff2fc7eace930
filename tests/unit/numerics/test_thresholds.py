"""Mirrors src/unfreeze/numerics/thresholds.py."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import fbeta_score

from unfreeze.errors import DataError
from unfreeze.numerics.thresholds import best_threshold, fbeta_along

_RNG = np.random.default_rng(4)
_LABELS = (_RNG.random((80, 3)) < [0.5, 0.2, 0.4]).astype(np.float32)
_PROBS = np.clip(0.6 * _LABELS + _RNG.random((80, 3)) * 0.5, 0, 1)
_TRIED = [0.17, 0.3, 0.45, 0.6, 0.8]


def _score(found: np.ndarray, average: str | None) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(
            fbeta_score(_LABELS, found, beta=2, average=average, zero_division=0)
        )


def test_f_beta_is_scikit_learns_for_labels_and_for_images() -> None:
    found = _PROBS > 0.4

    of_labels = fbeta_along(found, _LABELS > 0.5, 2, axis=0)
    of_images = fbeta_along(found, _LABELS > 0.5, 2, axis=1)

    np.testing.assert_allclose(of_labels, _score(found, None))
    assert of_images.mean() == pytest.approx(float(_score(found, "samples")))


def test_one_threshold_has_the_highest_mean_over_images() -> None:
    scores = [float(_score(each < _PROBS, "samples")) for each in _TRIED]

    found = best_threshold(_PROBS, _LABELS, candidates=_TRIED)

    assert found == _TRIED[int(np.argmax(scores))]


def test_of_equally_good_thresholds_the_middle_is_taken() -> None:
    labels = np.array([[1.0, 0.0], [0.0, 1.0]])
    probs = np.array([[0.9, 0.1], [0.1, 0.9]])

    assert best_threshold(probs, labels) == pytest.approx(0.49)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"shape \(2, 3\).*shape \(2,\)"):
        best_threshold(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(DataError, match="one image or more"):
        best_threshold(np.zeros((0, 3)), np.zeros((0, 3)))
