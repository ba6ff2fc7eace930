"""Keep the weights of the best epoch."""

import math
from collections.abc import Callable, Mapping
from typing import final

from typing_extensions import override

from unfreeze.numerics.metrics import Metric
from unfreeze.training.callbacks.base import Callback, RunView, Verdict

__all__ = ["BestScore", "KeepBest"]


@final
class BestScore:
    """The best validation so far, over as many fits as share this record.

    A validation is better when its first metric is, in the metric's own direction;
    ties go to the lower loss. Without metrics the loss decides alone. A loss or metric
    that is not a finite number never is the best.
    """

    def __init__(self) -> None:
        self._score = (-math.inf, -math.inf)

    def take(
        self, loss: float, metrics: Mapping[str, float], deciding: Metric | None
    ) -> bool:
        """Say whether this validation beats all before it, and remember it if so."""
        score = (-loss, -loss)
        if deciding is not None:
            sign = 1.0 if deciding.higher_is_better else -1.0
            score = (sign * metrics[deciding.name], -loss)
        is_better = math.isfinite(loss) and score > self._score
        if is_better:
            self._score = score
        return is_better


@final
class KeepBest(Callback):
    """Call ``save`` whenever an epoch beats all earlier ones.

    Args:
        save: Writes the weights of the moment.
        best: The score to beat. Share one over several fits to keep the best of all.
        deciding: The metric that decides; None for the validation loss.
    """

    def __init__(
        self, save: Callable[[], object], best: BestScore, deciding: Metric | None
    ) -> None:
        self._save = save
        self._best = best
        self._deciding = deciding

    @override
    def on_epoch_end(self, run: RunView) -> Verdict:
        row = run.last
        if self._best.take(row.valid_loss, row.metrics, self._deciding):
            self._save()
        return Verdict.GO

    @override
    def on_epoch_again(self, run: RunView) -> None:
        row = run.last
        self._best.take(row.valid_loss, row.metrics, self._deciding)
