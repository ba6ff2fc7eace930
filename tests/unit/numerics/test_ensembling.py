"""Mirrors src/unfreeze/numerics/ensembling.py."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from unfreeze.errors import DataError
from unfreeze.numerics.ensembling import mean_log_probs, mean_probs


def _stack(dtype: type = np.float64) -> np.ndarray:
    logits = np.random.default_rng(1).normal(size=(5, 30, 4)) * 3
    return (logits - logsumexp(logits, axis=2, keepdims=True)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_mean_is_that_of_the_probabilities_and_rows_sum_to_one(dtype: type) -> None:
    stack = _stack(dtype)

    result = mean_probs(stack)

    np.testing.assert_allclose(result, np.exp(stack).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=1e-5)


def test_a_torch_stack_gives_the_same() -> None:
    np.testing.assert_array_equal(
        mean_probs(torch.from_numpy(_stack())), mean_probs(_stack())
    )


def test_tiny_probabilities_keep_their_ratio() -> None:
    result = mean_probs(np.full((3, 1, 2), [-80.0, -81.0], dtype=np.float32))

    assert result[0, 1] / result[0, 0] == pytest.approx(np.exp(-1), rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithms_of_the_mean_are_logsumexps(dtype: type) -> None:
    stack = _stack(dtype)
    stack[:, :3] -= 500  # e to this power is 0 in single precision

    found = mean_log_probs(stack)

    expected = logsumexp(stack.astype(float), axis=0) - np.log(len(stack))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_nearly_certain_answers_keep_what_they_lack_of_certainty() -> None:
    found = mean_log_probs(np.full((3, 1, 1), -1e-12, dtype=np.float32))

    assert found[0, 0] == pytest.approx(-1e-12)


def test_an_impossible_class_stays_impossible() -> None:
    stack = np.array([[[0.0, -np.inf]], [[0.0, -np.inf]]])

    assert mean_probs(stack).tolist() == [[1.0, 0.0]]
    assert mean_log_probs(stack).tolist() == [[0.0, -np.inf]]


@pytest.mark.parametrize("shape", [(3, 2), (0, 3, 2)])
def test_anything_but_a_stack_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"shape \(predictions, images, classes\), got"):
        mean_probs(np.zeros(shape))
