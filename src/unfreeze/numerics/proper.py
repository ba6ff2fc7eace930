"""Scores that only true probabilities make best: log loss and Brier's.

Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation", 2007.
"""

import numpy as np
from jaxtyping import Float, Int

__all__ = ["brier", "log_loss", "log_of_no"]

_ROUNDED_AWAY = 2.0**-26


def log_loss(
    log_probs: Float[np.ndarray, "N K"],
    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"],
) -> float:
    """Mean negative logarithm of the probability of what is true, in nats.

    Args:
        log_probs: Of the classes of each image.
        labels: Class numbers; or rows of 0s and 1s, for which the mean is over images
            and labels.
    """
    if labels.ndim == 1:
        return float(-log_probs[np.arange(len(labels)), labels].mean(dtype=np.float64))
    logs = np.asarray(log_probs, dtype=np.float64)
    return float(-np.where(labels > 0.5, logs, log_of_no(logs)).mean())


def brier(
    log_probs: Float[np.ndarray, "N K"],
    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"],
) -> float:
    """Mean squared distance between probabilities and what is true (Brier 1950).

    Args:
        log_probs: Of the classes of each image.
        labels: Class numbers, for a score of 0 to 2 that sums over classes; or rows of
            0s and 1s, for one of 0 to 1 that is a mean over labels.
    """
    probs = np.exp(np.asarray(log_probs, dtype=np.float64))
    if labels.ndim == 2:
        return float(((probs - labels) ** 2).mean())
    truth = np.zeros_like(probs)
    truth[np.arange(len(labels)), labels] = 1
    return float(((probs - truth) ** 2).sum(axis=1).mean())


def log_of_no(log_probs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Logarithm of 1 minus a probability, from that probability's logarithm.

    Never minus infinity: of a probability that was rounded to 1, half of what it may
    have been short of that in single precision is taken.
    """
    share = -np.expm1(log_probs)
    return np.log(np.where(share > 0, share, _ROUNDED_AWAY))
