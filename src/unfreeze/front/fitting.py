"""From the keywords of the lesson's ``fit`` to the callbacks that do what they say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, final

from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.front.saved import cycle_name, require_name
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.metrics import Metric
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.callbacks.average_weights import AverageWeights
from unfreeze.training.callbacks.base import Callback, RunView
from unfreeze.training.callbacks.keep_best import BestScore, KeepBest
from unfreeze.training.callbacks.log_lines import LogLines
from unfreeze.training.callbacks.print_table import PrintTable
from unfreeze.training.callbacks.progress import ShowProgress
from unfreeze.training.callbacks.save_cycles import SaveCycles
from unfreeze.training.callbacks.schedule_decay import ScheduleDecay
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.history import HistoryFile
from unfreeze.training.lr_find import RateSearch
from unfreeze.training.plan import FitPlan

__all__ = ["Averaging", "CountEpochs", "Decay", "Output", "Saving", "words_of"]

_Save: TypeAlias = Callable[[str, int | None], Path]
"""Writes a model under a name, as it was after so many epochs of the fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a learner shows what it does."""

    write: Callable[[str], object] = print
    """Takes each line of the table."""

    has_bar: bool = True
    """Draw a progress bar where somebody watches."""

    has_hints: bool = True
    """Say once what somebody at a learner could switch."""

    history: HistoryFile | None = None
    """Takes every step and epoch as a JSON line."""

    def callbacks(self, name: str) -> Iterator[Callback]:
        """Show one fit."""
        yield PrintTable(self.write)
        if self.has_bar:
            yield ShowProgress()
        if self.history is not None:
            yield LogLines(self.history, name)

    def note_search(self, search: RateSearch) -> None:
        """Keep the curves of a rate search, and what they suggest."""
        if self.history is None:
            return
        curves = [
            {"rates": list(each.rates), "losses": list(each.losses)}
            for each in search.curves
        ]
        self.history.write("search", {**asdict(search.suggestion), "curves": curves})


@final
class CountEpochs(Callback):
    """Keep a record of one fit true: how many epochs it has run.

    Args:
        record: Of the fit; takes ``epochs_run``.
    """

    def __init__(self, record: dict[str, Any]) -> None:
        self._record = record
        self._record["epochs_run"] = 0

    @override
    def on_epoch_end(self, run: RunView) -> None:
        self._record["epochs_run"] = len(run.history.epochs)

    @override
    def on_epoch_again(self, run: RunView) -> None:
        self.on_epoch_end(run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """``use_wd_sched``, ``norm_wds`` and ``wds_sched_mult``."""

    is_scheduled: bool
    is_normalised: bool
    multiplier: Callable[[LayerOptimizer], float] | None

    def callbacks(self, optimizer: LayerOptimizer) -> Iterator[Callback]:
        """Decay the weights themselves, if that was asked for."""
        if not self.is_scheduled:
            if self.is_normalised or self.multiplier is not None:
                raise PlanError(
                    "norm_wds and wds_sched_mult shape the decay of use_wd_sched=True, "
                    "which is off. Switch it on, or leave them out."
                )
            return
        if not any(optimizer.wds):
            raise PlanError(
                "use_wd_sched=True needs a weight decay to schedule: pass wds, for "
                "example fit(lr, 3, wds=1e-4, use_wd_sched=True)."
            )
        yield ScheduleDecay(
            optimizer, normalise=self.is_normalised, multiplier=self.multiplier
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Averaging:
    """``use_swa``, ``swa_start`` and ``swa_eval_freq``."""

    is_wanted: bool
    start: int
    measure_every: int

    def callbacks(
        self, measure: Callable[[StagedClassifier], Evaluation], epochs: int
    ) -> Iterator[AverageWeights]:
        """Average the weights at the ends of epochs, if that was asked for."""
        if not self.is_wanted:
            return
        if not 1 <= self.start <= epochs:
            raise PlanError(
                f"swa_start is the first epoch whose weights count, 1 to {epochs} in "
                f"this fit. Got {self.start}."
            )
        if self.measure_every < 1:
            raise PlanError(
                "swa_eval_freq is the number of epochs between two measurements, 1 or "
                f"more. Got {self.measure_every}."
            )
        yield AverageWeights(
            measure, start=self.start, measure_every=self.measure_every
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """``cycle_save_name`` and ``best_save_name``."""

    cycle_name: str | None
    best_name: str | None
    has_cycles: bool

    def callbacks(
        self, save: _Save, best: BestScore, metrics: Sequence[Metric]
    ) -> Iterator[Callback]:
        """Save at cycle ends and at the best epoch, if that was asked for.

        Raises:
            PlanError: If there are no cycles to save, or one of the names is none.
        """
        for each in (self.cycle_name, self.best_name):
            if each is not None:
                require_name(each)
        if self.cycle_name is not None:
            if not self.has_cycles:
                raise PlanError(
                    "cycle_save_name needs cycles: pass cycle_len, use_clr or "
                    "use_clr_beta, too."
                )
            name = self.cycle_name
            yield SaveCycles(lambda cycle: save(cycle_name(name, cycle), None))
        if self.best_name is not None:
            best_name = self.best_name
            deciding = metrics[0] if metrics else None
            yield KeepBest(partial(save, best_name), best, deciding)


def words_of(
    plan: FitPlan,
    layer_opt: LayerOptimizer,
    precompute: bool | int,
    early_size: int | None,
) -> dict[str, Any]:
    """The hyperparameters of one fit, as saved files carry them."""
    return {
        "lrs": list(layer_opt.lrs),
        "wds": list(layer_opt.wds),
        "epochs_of_cycles": list(plan.epochs_of_cycles),
        "has_cycles": plan.has_cycles,
        "precompute": precompute,
        "early_size": early_size,
    }
