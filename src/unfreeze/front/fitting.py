"""From the keywords of the lesson's ``fit`` to the callbacks that do what they say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from unfreeze.errors import PlanError
from unfreeze.numerics.metrics import Metric
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.callbacks.base import Callback
from unfreeze.training.callbacks.keep_best import BestScore, KeepBest
from unfreeze.training.callbacks.log_lines import LogLines
from unfreeze.training.callbacks.print_table import PrintTable
from unfreeze.training.callbacks.progress import ShowProgress
from unfreeze.training.callbacks.save_cycles import SaveCycles
from unfreeze.training.callbacks.schedule_decay import ScheduleDecay
from unfreeze.training.history import HistoryFile
from unfreeze.training.lr_find import RateSearch

__all__ = ["Decay", "Output", "Saving"]


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
class Saving:
    """``cycle_save_name`` and ``best_save_name``."""

    cycle_name: str | None
    best_name: str | None
    has_cycles: bool

    def callbacks(
        self, save: Callable[[str], Path], best: BestScore, metrics: Sequence[Metric]
    ) -> Iterator[Callback]:
        """Save at cycle ends and at the best epoch, if that was asked for."""
        if self.cycle_name is not None:
            if not self.has_cycles:
                raise PlanError(
                    "cycle_save_name needs cycles: pass cycle_len, use_clr or "
                    "use_clr_beta, too."
                )
            name = self.cycle_name
            yield SaveCycles(lambda cycle: save(f"{name}_cyc_{cycle}"))
        if self.best_name is not None:
            best_name = self.best_name
            deciding = metrics[0] if metrics else None
            yield KeepBest(lambda: save(best_name), best, deciding)
