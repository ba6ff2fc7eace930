"""Mirrors src/unfreeze/numerics/proper.py."""

import numpy as np
import pytest
from sklearn import metrics

from unfreeze.numerics.proper import brier, log_loss, log_of_no

_RNG = np.random.default_rng(3)
_PROBS = _RNG.dirichlet(np.ones(4), size=50)
_LABELS = _RNG.integers(4, size=50)
_YES = (_RNG.random((50, 4)) < 0.3).astype(np.float32)


def test_log_loss_of_classes_is_scikit_learns() -> None:
    expected = metrics.log_loss(_LABELS, _PROBS, labels=range(4))

    assert log_loss(np.log(_PROBS), _LABELS) == pytest.approx(expected)


def test_log_loss_of_labels_is_the_mean_of_scikit_learns() -> None:
    each = [metrics.log_loss(_YES[:, k], _PROBS[:, k], labels=[0, 1]) for k in range(4)]

    assert log_loss(np.log(_PROBS), _YES) == pytest.approx(np.mean(each))


def test_brier_of_labels_is_the_mean_of_scikit_learns() -> None:
    each = [metrics.brier_score_loss(_YES[:, k], _PROBS[:, k]) for k in range(4)]

    assert brier(np.log(_PROBS), _YES) == pytest.approx(np.mean(each))


def test_brier_of_classes_sums_over_them() -> None:
    hot = np.eye(4)[_LABELS]
    expected = sum(
        metrics.mean_squared_error(hot[:, k], _PROBS[:, k]) for k in range(4)
    )

    assert brier(np.log(_PROBS), _LABELS) == pytest.approx(expected)


def test_a_tiny_probability_of_no_is_not_lost() -> None:
    """As the sigmoid of 40 leaves it, of which 1 - p is 0 in double precision."""
    log_of_yes = -np.log1p(np.exp(-40.0))

    assert log_of_no(np.array(log_of_yes)) == pytest.approx(-40.0)


def test_a_certainty_that_was_rounded_costs_much_and_not_all() -> None:
    """Half the distance of 1 to the next smaller number of single precision."""
    cost = -log_of_no(np.array([0.0, np.log(0.25)]))

    assert cost == pytest.approx([26 * np.log(2), -np.log(0.75)])
