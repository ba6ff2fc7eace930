"""Keep the weights of the best epoch."""

import math
import time
from collections.abc import Callable, Mapping
from typing import final

from torch import Tensor
from typing_extensions import override

from unfreeze.numerics.metrics import Metric
from unfreeze.training.callbacks.base import Callback, RunView, Verdict
from unfreeze.training.restore import put_back

__all__ = ["BestScore", "KeepBest"]

_SECONDS_BETWEEN = 5.0
"""A file of resnet18 takes 0.15 seconds, an epoch of its head on stored activations of
a thousand photos half of that. More than this much work is never lost."""


@final
class BestScore:
    """The best validation so far, over as many fits as share this record.

    A validation is better when its first metric is, in the metric's own direction;
    ties go to the lower loss. Without metrics the loss decides alone. It also does
    where the best so far was chosen by another metric, since only losses are then known
    of both. A loss or metric that is not a finite number never is the best.
    """

    def __init__(self) -> None:
        self._score = (-math.inf, -math.inf)
        """Of the best, by what decided then; its loss comes second, with a minus."""

        self._decided: tuple[str, bool] | None = None
        """Name and direction of the metric that decided; None for the loss."""

    def take(
        self, loss: float, metrics: Mapping[str, float], deciding: Metric | None
    ) -> bool:
        """Say whether this validation beats all before it, and remember it if so."""
        score, decides = (-loss, -loss), None
        if deciding is not None:
            sign = 1.0 if deciding.higher_is_better else -1.0
            score = (sign * metrics[deciding.name], -loss)
            decides = (deciding.name, deciding.higher_is_better)
        if decides == self._decided:
            is_better = score > self._score
        else:
            is_better = score[1] > self._score[1]
        if not (is_better and all(map(math.isfinite, score))):
            return False
        self._score, self._decided = score, decides
        return True


@final
class KeepBest(Callback):
    """Save the weights whenever an epoch beats all earlier ones.

    Where such epochs follow closely upon each other, the best one waits in memory, and
    is saved a little later or at the end of the fit, also when it fails.

    Args:
        save: Writes the weights of the moment; takes the number of epochs of the fit
            after which they were what they are.
        best: The score to beat. Share one over several fits to keep the best of all.
        deciding: The metric that decides; None for the validation loss.
        seconds_between: From one file to the next, at least, but for the end of a fit.
    """

    def __init__(
        self,
        save: Callable[[int], object],
        best: BestScore,
        deciding: Metric | None,
        *,
        seconds_between: float = _SECONDS_BETWEEN,
    ) -> None:
        self._save = save
        self._best = best
        self._deciding = deciding
        self._seconds_between = seconds_between
        self._saved_at = time.monotonic()
        self._waiting: tuple[dict[str, Tensor], int] | None = None

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        row = run.last
        is_due = time.monotonic() - self._saved_at >= self._seconds_between
        if self._best.take(row.valid_loss, row.metrics, self._deciding):
            if is_due:
                self._save_now(len(run.history.epochs))
                self._waiting = None
            else:
                state = run.model.state_dict()
                copies = {name: each.clone() for name, each in state.items()}
                self._waiting = copies, len(run.history.epochs)
        elif is_due:
            self.before_keeping(run)
        return Verdict.GO

    @override
    def on_epoch_again(self, run: RunView) -> None:
        row = run.last
        self._best.take(row.valid_loss, row.metrics, self._deciding)

    @override
    def before_keeping(self, run: RunView) -> None:
        """Save the best weights if they still wait for it."""
        if self._waiting is None:
            return
        weights, epochs = self._waiting
        with put_back(run.model):
            run.model.load_state_dict(weights)
            self._save_now(epochs)
        self._waiting = None

    @override
    def on_train_end(self, run: RunView) -> None:
        self.before_keeping(run)

    def _save_now(self, epochs: int) -> None:
        self._save(epochs)
        self._saved_at = time.monotonic()
