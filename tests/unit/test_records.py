"""Mirrors src/unfreeze/records.py."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from unfreeze.records import Finding, Predictions

_PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])


def test_the_loss_of_an_image_is_its_cross_entropy() -> None:
    predictions = Predictions("ab", ("x", "y", "z"), np.log(_PROBS), np.array([1, 2]))

    assert predictions.losses() == pytest.approx(-np.log([0.2, 0.6]))


def test_with_several_labels_it_is_the_mean_over_them() -> None:
    hot = np.array([[1, 0, 1], [0, 0, 1]], dtype=np.float32)

    found = Predictions("ab", ("x", "y", "z"), np.log(_PROBS), hot).losses()

    expected = [log_loss(hot[row], _PROBS[row], labels=[0, 1]) for row in (0, 1)]
    assert found == pytest.approx(expected)


def test_a_finding_as_json_names_the_likely_class_only_where_there_is_one() -> None:
    plain = Finding("tiny", ("a/1.jpg",), 0.5, "kept", "Small.")
    doubted = Finding("label_suspect", ("a/1.jpg",), 1.0, "kept", "", likely="b")

    assert plain.as_json() == {
        "kind": "tiny",
        "files": ("a/1.jpg",),
        "score": 0.5,
        "policy": "kept",
        "message": "Small.",
    }
    assert doubted.as_json()["likely"] == "b"
