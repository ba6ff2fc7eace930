"""Make rare classes count as much as frequent ones while a model learns."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from jaxtyping import Float, Int, Int64

from unfreeze.errors import PlanError
from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = [
    "BALANCES",
    "Balance",
    "balanced_order",
    "class_weights",
    "require_balance",
    "turns_of",
]

Balance: TypeAlias = Literal["none", "weights", "sampling"]
BALANCES: tuple[Balance, ...] = get_args(Balance)
"""``none``: every image counts the same. ``weights``: the loss of an image is
multiplied by a weight of its class. ``sampling``: all classes come equally often."""


def require_balance(balance: str, *, is_multi: bool = False) -> None:
    """Refuse a way of balancing that does not exist, or not for several labels.

    Raises:
        PlanError: In both cases.
    """
    if balance not in BALANCES:
        raise PlanError(f"There is no balance {balance!r}: take one of {BALANCES}.")
    if balance == "sampling" and is_multi:
        raise PlanError(
            "Photos with several labels cannot be drawn so that all labels come "
            "equally often. Take the balance 'weights'."
        )


def class_weights(
    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"], num_classes: int
) -> tuple[float, ...]:
    """Weigh each class by how rare it is.

    Args:
        labels: Class numbers, or rows of 0s and 1s.
        num_classes: K, also of classes without an image.

    Returns:
        With one label each: N / (K * images of the class), so that the mean weight of
        an image is 1 (King and Zeng, "Logistic regression in rare events data", 2001).
        With several: images without the label for each image with it, the weight of
        saying yes. 1 for a class without images.
    """
    if labels.ndim == 2:
        present = (labels > 0.5).sum(axis=0)
        ratios = (len(labels) - present) / np.maximum(present, 1)
        # A label that every image carries leaves nothing to balance.
        weights = np.where((present > 0) & (ratios > 0), ratios, 1.0)
    else:
        present = np.bincount(labels, minlength=num_classes)
        shares = len(labels) / (num_classes * np.maximum(present, 1))
        weights = np.where(present > 0, shares, 1.0)
    return tuple(weights.tolist())


def balanced_order(
    labels: Int[np.ndarray, " N"], *, seed: int, epoch: int
) -> Int64[np.ndarray, " N"]:
    """Choose the rows of one epoch so that all classes come equally often.

    The epoch is as long as without balance. Within a class, every image comes as
    often as any other, give or take one; which ones come once more or are left out
    changes from epoch to epoch. A function of labels, seed and epoch alone.

    Args:
        labels: Class number of each row. Classes without a row are left out.
        seed: 0 or more.
        epoch: 0 or more.

    Returns:
        N row numbers, some of them several times, in random order.
    """
    rng = rng_for(seed, Purpose.BALANCE, epoch=epoch)
    rows_of = [np.flatnonzero(labels == each) for each in np.unique(labels)]
    extra = np.zeros(len(rows_of), dtype=int)
    extra[rng.permutation(len(rows_of))[: len(labels) % len(rows_of)]] = 1
    chosen = [
        _dealt(rows, len(labels) // len(rows_of) + more, rng)
        for rows, more in zip(rows_of, extra, strict=True)
    ]
    return rng.permutation(np.concatenate(chosen))


def turns_of(order: Int[np.ndarray, " M"]) -> Int64[np.ndarray, " M"]:
    """Count how often each row came before in the same order.

    Example:
        >>> turns_of(np.array([4, 2, 4, 4, 2])).tolist()
        [0, 0, 1, 2, 1]
    """
    sorting = np.argsort(order, kind="stable")
    is_first = np.diff(order[sorting], prepend=-1) != 0
    places = np.arange(len(order))
    turns = np.empty(len(order), dtype=np.int64)
    turns[sorting] = places - np.maximum.accumulate(np.where(is_first, places, 0))
    return turns


def _dealt(
    rows: Int[np.ndarray, " M"], count: int, rng: np.random.Generator
) -> Int64[np.ndarray, " C"]:
    """Go through shuffled rows again and again, until there are enough."""
    rounds, rest = divmod(count, len(rows))
    return np.concatenate([np.tile(rows, rounds), rng.permutation(rows)[:rest]])
