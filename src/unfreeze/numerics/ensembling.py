"""One prediction out of several: views of an image, or models of an ensemble."""

import numpy as np
from jaxtyping import Float

from unfreeze.errors import DataError
from unfreeze.numerics.arrays import Values, as_array

__all__ = ["mean_log_probs", "mean_probs"]


def mean_probs(stack: Values) -> Float[np.ndarray, "N K"]:
    """Average the probabilities of several predictions of the same images.

    Args:
        stack: Log-probabilities of shape (V, N, K): V predictions, N images, K
            classes.

    Returns:
        Probabilities, 0 to 1; rows sum to 1 where those of every prediction do.

    Raises:
        DataError: If the stack has another shape, or no prediction in it.

    Example:
        >>> mean_probs(np.log([[[0.5, 0.5]], [[0.9, 0.1]]])).round(3)
        array([[0.7, 0.3]])
    """
    return np.exp(mean_log_probs(stack))


def mean_log_probs(stack: Values) -> Float[np.ndarray, "N K"]:
    """Give the logarithms of ``mean_probs``, for the same stack.

    Computed from the largest logarithm down, so that no probability is rounded to 0
    that a prediction tells from it.

    Raises:
        DataError: If the stack has another shape, or no prediction in it.
    """
    logs = as_array(stack)
    if logs.ndim != 3 or len(logs) == 0:
        raise DataError(
            "Expected log-probabilities of shape (predictions, images, classes), "
            f"got {logs.shape}."
        )
    highest = np.max(logs, axis=0)
    highest = np.where(np.isneginf(highest), 0, highest)
    with np.errstate(divide="ignore"):  # what no prediction holds possible
        return highest + np.log(np.exp(logs - highest).mean(axis=0))
