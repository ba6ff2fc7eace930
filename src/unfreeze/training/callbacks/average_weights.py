"""Stochastic weight averaging: the mean of the weights at the ends of epochs."""

from collections.abc import Callable, Mapping
from typing import cast, final

from torch.optim.swa_utils import AveragedModel
from typing_extensions import override

from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.callbacks.base import Callback, RunView
from unfreeze.training.evaluate import Evaluation

__all__ = ["AverageWeights"]


@final
class AverageWeights(Callback):
    """Keep a second model whose weights are the mean over epoch ends.

    Izmailov et al., "Averaging weights leads to wider optima and better
    generalization", 2018.

    Args:
        measure: Gives a model fresh batch-norm statistics and measures it on the
            validation images.
        start: First epoch that counts, from 1.
        measure_every: Epochs between measurements; the last epoch of the plan is always
            measured. Where another callback stops the fit before, ``settle`` does it.
    """

    def __init__(
        self,
        measure: Callable[[StagedClassifier], Evaluation],
        *,
        start: int = 1,
        measure_every: int = 5,
    ) -> None:
        self._measure = measure
        self._start = start
        self._measure_every = measure_every
        self._averaged: AveragedModel | None = None
        self._is_unmeasured = False

    @property
    def model(self) -> StagedClassifier | None:
        """The averaged model; None before the first epoch that counts has ended."""
        return None if self._averaged is None else _inside(self._averaged)

    @override
    def extra_figures(self, run: RunView) -> Mapping[str, float]:
        epoch = run.epoch + 1
        if epoch < self._start:
            return {}
        if self._averaged is None:
            self._averaged = AveragedModel(run.model)
        self._averaged.update_parameters(run.model)
        self._is_unmeasured = True
        is_due = (epoch - self._start) % self._measure_every == 0
        return self.settle() if is_due or epoch == run.epochs else {}

    def settle(self) -> Mapping[str, float]:
        """Measure the average if an epoch has joined it since that was done.

        Its batch-norm statistics are then its own, too; until then they are those of
        the weights of the last epoch.

        Returns:
            Loss and metrics; nothing if there was nothing to do.
        """
        if self._averaged is None or not self._is_unmeasured:
            return {}
        measured = self._measure(_inside(self._averaged))
        self._is_unmeasured = False
        figures = {f"swa_{name}": value for name, value in measured.metrics.items()}
        return {"swa_loss": measured.loss, **figures}


def _inside(averaged: AveragedModel) -> StagedClassifier:
    return cast("StagedClassifier", averaged.module)
