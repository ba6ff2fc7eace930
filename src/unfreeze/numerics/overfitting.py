"""Tell learning by heart from learning something general, by two rows of losses.

The notes: over-fitting means that the model starts to see the specific details of the
training images rather than something general that carries over to the validation set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.errors import DataError
from unfreeze.words import ordinal

__all__ = ["OverfitReport", "overfit_report"]

_LEVEL_SHARE = 0.05
_LEVEL_NATS = 0.01
"""A validation loss this little above its best counts as level: chance moves it."""


@dataclass(frozen=True, slots=True)
class OverfitReport:
    """Whether training has gone on for too long."""

    is_overfitting: bool
    best_epoch: int
    """Epoch with the lowest validation loss, from 0."""

    rise: float
    """Validation loss at the end above that of the best epoch, in nats."""

    reason: str
    """One sentence for the person who decides."""


def overfit_report(
    train_losses: Sequence[float], valid_losses: Sequence[float]
) -> OverfitReport:
    """Look for a validation loss that rises while the training loss falls on.

    Args:
        train_losses: One per epoch, in nats.
        valid_losses: Likewise.

    Raises:
        DataError: If there are none, or not as many of both.
    """
    if not valid_losses or len(train_losses) != len(valid_losses):
        raise DataError(
            f"Got {len(train_losses)} training and {len(valid_losses)} validation "
            "losses. Expected one of each per epoch, and an epoch at least."
        )
    best = min(range(len(valid_losses)), key=valid_losses.__getitem__)
    lowest = valid_losses[best]
    rise = valid_losses[-1] - lowest
    is_clear = rise > max(_LEVEL_NATS, _LEVEL_SHARE * lowest)
    is_learning = train_losses[-1] < train_losses[best]
    reason = _reason(best, lowest, rise, is_clear=is_clear, is_learning=is_learning)
    return OverfitReport(is_clear and is_learning, best, rise, reason)


def _reason(
    best: int, lowest: float, rise: float, *, is_clear: bool, is_learning: bool
) -> str:
    # By the number in the printed table, which counts from 0, and unmistakably.
    which = f"epoch {best}, the {ordinal(best + 1)}"
    found = f"The validation loss was lowest after {which}: {lowest:.4f}"
    if not is_clear:
        return f"{found}, and has not clearly risen since."
    if is_learning:
        return (
            f"{found}, and has risen by {rise:.4f} since while the training loss fell."
        )
    return (
        f"{found}, and has risen by {rise:.4f} since; so has the training loss: the "
        "rate is too high, rather than the training too long."
    )
