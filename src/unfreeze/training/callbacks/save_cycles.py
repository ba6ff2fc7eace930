"""Save the weights at the end of every cycle, to be averaged as an ensemble."""

from collections.abc import Callable
from typing import final

from typing_extensions import override

from unfreeze.training.callbacks.base import Callback, RunView, Verdict

__all__ = ["SaveCycles"]


@final
class SaveCycles(Callback):
    """Save after the last step of cycle ``k``, counted from 0.

    Snapshot ensembles: Huang et al., "Snapshot ensembles: train 1, get M for free",
    2017.
    """

    def __init__(self, save: Callable[[int], object]) -> None:
        self._save = save

    @override
    def on_cycle_end(self, run: RunView, cycle: int) -> Verdict:
        self._save(cycle)
        return Verdict.GO
