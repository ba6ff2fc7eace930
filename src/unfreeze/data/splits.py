"""Hold out a validation set."""

import numpy as np
from jaxtyping import Float, Int, Int64

from unfreeze.data.grouped_split import hold_out_units, units_of
from unfreeze.errors import DataError, PlanError
from unfreeze.numerics.keyed import Purpose, rng_for

__all__ = ["get_cv_idxs", "stratified_split"]


def get_cv_idxs(
    n: int, cv_idx: int = 0, val_pct: float = 0.2, seed: int = 42
) -> Int64[np.ndarray, " M"]:
    """Draw the validation rows of one fold of a cross-validation.

    The same rows as the 2018 library drew, without touching the global generator
    that it reseeded.

    Args:
        n: Rows to choose from.
        cv_idx: Which fold, from 0. Folds do not overlap.
        val_pct: Share of the rows in a fold, above 0 and below 1.
        seed: Starts numpy's Mersenne Twister, from 0 to 2**32 - 1.

    Returns:
        ``int(val_pct * n)`` rows, in random order.

    Raises:
        PlanError: If the fold would be empty or lies beyond the last row.

    Example:
        >>> len(get_cv_idxs(10222))
        2044
    """
    count = int(val_pct * n)
    if not 0 < val_pct < 1 or not 0 <= cv_idx * count < (cv_idx + 1) * count <= n:
        raise PlanError(
            f"Fold {cv_idx} with {val_pct:g} of {n} rows does not exist. Folds count "
            "from 0, each holds int(val_pct * n) rows, at least one."
        )
    # The legacy generator: numpy keeps its stream as it was in 2018.
    order = np.random.RandomState(seed).permutation(n)
    return order[cv_idx * count : (cv_idx + 1) * count].astype(np.int64)


def stratified_split(
    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"],
    fraction: float,
    seed: int,
    groups: Int[np.ndarray, " N"] | None = None,
) -> tuple[Int64[np.ndarray, " T"], Int64[np.ndarray, " V"]]:
    """Hold out the same share of every class.

    Sizes come from the largest remainder, so that the whole comes as close to
    ``fraction`` as the classes allow. A class of two images or more has at least one
    on each side; a single image is for training. With groups, whole groups are chosen
    that come close to these sizes: see ``hold_out_units``. A class whose images hang
    together in few groups may miss its share, and the whole misses it then, too: the
    other classes keep theirs. No group is ever torn apart, and no class is without an
    image to train on. Images without any label count as a class of their own.

    Args:
        labels: Class number of each row, or a row of 0s and 1s.
        fraction: Share to hold out, above 0 and below 1.
        seed: Same seed, same split. 0 or more.
        groups: Rows with the same number stay on the same side (near-duplicates,
            photos of one patient). Without it, every row stands alone.

    Returns:
        Training rows and validation rows, both ascending.

    Raises:
        PlanError: If ``fraction`` is out of range.
        DataError: If nothing can be held out, since each class has one image or group.
    """
    if not 0 < fraction < 1:
        raise PlanError(f"fraction must be above 0 and below 1, got {fraction:g}.")
    rows = np.arange(len(labels), dtype=np.int64)
    groups = rows if groups is None else np.unique(groups, return_inverse=True)[1]
    num_groups = int(groups.max(initial=-1)) + 1
    rng = rng_for(seed, Purpose.SPLIT)
    if labels.ndim == 1 and num_groups == len(rows):
        valid = _first_of_each_class(labels, fraction, rng.permutation(num_groups))
    else:
        valid = _whole_groups(labels, fraction, groups, rng)
    if not len(valid):
        raise DataError(
            f"Nothing can be held out of {len(rows)} images in {num_groups} groups: "
            "every class has only one image, or one group of images that belong "
            "together or look the same. Add images."
        )
    return np.setdiff1d(rows, valid), valid


def _first_of_each_class(
    labels: Int[np.ndarray, " N"], fraction: float, order: Int64[np.ndarray, " N"]
) -> Int64[np.ndarray, " V"]:
    """Hold out the first rows of each class, in the order given."""
    _, numbers = np.unique(labels[order], return_inverse=True)
    sizes = np.bincount(numbers)
    by_class = np.argsort(numbers, kind="stable")
    places = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    is_held_out = places < np.repeat(_quotas(sizes, fraction), sizes)
    return np.sort(order[by_class[is_held_out]])


def _whole_groups(
    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"],
    fraction: float,
    groups: Int64[np.ndarray, " N"],
    rng: np.random.Generator,
) -> Int64[np.ndarray, " V"]:
    """Hold out the groups that come closest to the share of every class."""
    if labels.ndim == 1:
        sizes = np.bincount(labels)
    else:
        has_none = ~labels.any(axis=1, keepdims=True)
        labels = np.concatenate([labels, has_none], axis=1)
        sizes = labels.sum(axis=0).astype(np.int64)
    quotas = _quotas(sizes, fraction)
    num_wanted = max(1, round(fraction * len(labels)))
    units = units_of(labels, groups)
    chosen = hold_out_units(units, quotas, num_wanted, rng)
    held_out = [row for position in chosen for row in units[position].rows]
    return np.sort(np.array(held_out, dtype=np.int64))


def _quotas(sizes: Int64[np.ndarray, " K"], fraction: float) -> Int64[np.ndarray, " K"]:
    """Share out the held-out rows among classes by largest remainder."""
    shares = sizes * fraction
    least = np.where(sizes > 1, 1, 0)
    most = np.where(sizes > 1, sizes - 1, 0)
    quotas = np.clip(np.floor(shares).astype(np.int64), least, most)
    total = int(np.clip(round(fraction * sizes.sum()), least.sum(), most.sum()))
    while (short := total - quotas.sum()) != 0:
        step = 1 if short > 0 else -1
        room = quotas < most if short > 0 else quotas > least
        need = np.where(room, step * (shares - quotas), -np.inf)
        quotas[np.argmax(need)] += step
    return quotas
