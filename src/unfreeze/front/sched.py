"""``learn.sched``: what the last fit or rate search recorded, and its plots.

What draws them is loaded when the first is drawn.
"""

from typing import TYPE_CHECKING, final

from unfreeze.errors import PlanError
from unfreeze.numerics.overfitting import OverfitReport, overfit_report
from unfreeze.numerics.suggest import Suggestion
from unfreeze.training.history import History
from unfreeze.training.lr_find import RateSearch

if TYPE_CHECKING:
    from unfreeze.insight.plots import Picture

__all__ = ["Sched"]


@final
class Sched:
    """The record of one fit, or of one rate search.

    Args:
        history: The rows of the fit; of a search, those of its first sweep.
        search: The search, if it was one.
    """

    def __init__(self, history: History, search: RateSearch | None = None) -> None:
        self._history = history
        self._search = search

    @property
    def losses(self) -> list[float]:
        """Running mean of the training loss after each batch, in nats."""
        return [row.smooth_loss for row in self._history.steps]

    @property
    def lrs(self) -> list[float]:
        """Rate of the last layer group at each batch."""
        return [row.rates[-1] for row in self._history.steps]

    @property
    def iterations(self) -> list[int]:
        """Number of each batch, from 0."""
        return list(range(len(self._history)))

    @property
    def epochs(self) -> list[int]:
        """Number of each finished epoch, from 0."""
        return [row.epoch for row in self._history.epochs]

    @property
    def times(self) -> list[float]:
        """Seconds of each epoch."""
        return [row.seconds for row in self._history.epochs]

    @property
    def val_losses(self) -> list[float]:
        """Validation loss after each epoch, in nats."""
        return [row.valid_loss for row in self._history.epochs]

    @property
    def rec_metrics(self) -> list[list[float]]:
        """Metrics after each epoch, in the order of the learner's metrics."""
        return [list(row.metrics.values()) for row in self._history.epochs]

    @property
    def suggestion(self) -> Suggestion:
        """The rate that the search suggests.

        Raises:
            PlanError: If the last thing was a fit.
        """
        return self._searched().suggestion

    def overfit_report(self) -> OverfitReport:
        """Say whether the validation loss rose while the training loss fell.

        Raises:
            DataError: If no epoch has ended, as after a search.
        """
        rows = self._history.epochs
        return overfit_report([row.train_loss for row in rows], self.val_losses)

    def plot_lr(self) -> "Picture":
        """Draw the rate of every layer group, batch by batch, and any momentum."""
        from unfreeze.insight.plots import rates_by_step

        rows = self._history.steps
        rates = list(zip(*(row.rates for row in rows), strict=True))
        momentums = [row.momentum for row in rows if row.momentum is not None]
        return rates_by_step(rates, momentums or None)

    def plot_loss(self, n_skip: int = 10, n_skip_end: int = 5) -> "Picture":
        """Draw the training loss batch by batch, and the validation loss by epoch.

        Args:
            n_skip: Batches left out at the beginning, where the mean is unsteady.
            n_skip_end: Batches left out at the end. Neither hides more than a tenth.
        """
        from unfreeze.insight.plots import loss_by_step

        losses = [row.loss for row in self._history.steps]
        begin, end = _trimmed(len(losses), n_skip, n_skip_end)
        ends = {row.epoch: row.step + 1 for row in self._history.steps}
        valid = [(ends[row.epoch], row.valid_loss) for row in self._history.epochs]
        return loss_by_step(losses[begin:end], valid, first_batch=begin)

    def plot(self, n_skip: int = 0, n_skip_end: int = 0) -> "Picture":
        """Draw training loss against learning rate, with the suggestion.

        Args:
            n_skip: Batches left out at the low end.
            n_skip_end: Batches left out at the high end. Neither hides more than a
                tenth, so that a short search is never drawn empty.

        Raises:
            PlanError: If the last thing was a fit, which has no such curve.
        """
        from unfreeze.insight.plots import rate_curve

        search = self._searched()
        rates, losses = self.lrs, [row.loss for row in self._history.steps]
        begin, end = _trimmed(len(rates), n_skip, n_skip_end)
        return rate_curve(rates[begin:end], losses[begin:end], search.suggestion)

    def _searched(self) -> RateSearch:
        if self._search is None:
            raise PlanError(
                "sched.plot() draws a rate search, and the last thing was a fit. Call "
                "learn.lr_find() first, or draw sched.plot_loss()."
            )
        return self._search


def _trimmed(count: int, skip: int, skip_end: int) -> tuple[int, int]:
    most = count // 10
    return min(skip, most), count - min(skip_end, most)
