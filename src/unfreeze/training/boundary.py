"""Moments between two steps of a fit: keeping one, and going on from it."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias, final

from torch import Tensor

from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.callbacks.base import Callback, RunView
from unfreeze.training.fit_state import (
    Tensors,
    optimizer_state,
    put_optimizer_state,
    put_weights,
    weights_of,
    within,
)
from unfreeze.training.history import EpochRow, StepRow

__all__ = ["Boundary", "Keep", "PastFit"]

_BEGIN = "begin"
"""Weights at the beginning of an epoch, to which a fit returns if it diverges."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boundary:
    """A moment between two steps, at which a fit may be kept."""

    view: RunView
    optimizer: LayerOptimizer
    callbacks: Sequence[Callback]
    at_epoch_begin: Sequence[Mapping[str, Tensor]]
    """Weights of each learning group at the beginning of the running epoch."""

    seconds: float
    """Since the running epoch began; 0 between two epochs."""

    is_over: bool
    """Whether the fit ends here."""

    @property
    def is_within_epoch(self) -> bool:
        """Whether steps of the running epoch are still to come."""
        return self.seconds > 0

    def tensors(self) -> dict[str, Tensor]:
        """All that a process needs to go on. Callbacks write down what is pending."""
        for callback in self.callbacks:
            callback.before_keeping(self.view)
        found = weights_of(self.view.model)
        if not self.is_over:
            found |= optimizer_state(self.optimizer.opt)
        if self.is_within_epoch:
            found |= {
                f"{_BEGIN}.{number}.{name}": tensor
                for number, state in enumerate(self.at_epoch_begin)
                for name, tensor in state.items()
            }
        return found

    def is_sound(self) -> bool:
        """Whether the latest loss is a finite number. Waits for the device."""
        return math.isfinite(self.view.history.steps[-1].loss)


Keep: TypeAlias = Callable[[Boundary], None]


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastFit:
    """What an earlier process has done of a fit."""

    steps: Sequence[StepRow]
    epochs: Sequence[EpochRow]
    seconds: float = 0.0
    """That the running epoch has taken; 0 between two epochs."""

    is_over: bool = False
    tensors: Tensors = field(default_factory=dict)
    """From ``Boundary.tensors``; empty where later steps have changed them anyway."""

    @property
    def steps_of_running_epoch(self) -> int:
        """Steps behind the last epoch that was finished."""
        return sum(row.epoch == len(self.epochs) for row in self.steps)

    def recall(self, view: RunView, callbacks: Sequence[Callback]) -> None:
        """Fill the history row by row, and let callbacks take up each epoch."""
        steps = iter(self.steps)
        counts = Counter(row.epoch for row in self.steps)
        for row in self.epochs:
            view.history.add_past_steps(list(islice(steps, counts[row.epoch])))
            view.history.epochs.append(row)
            for callback in callbacks:
                callback.on_epoch_again(view)
            ends = view.schedule.cycle_ends
            if len(view.history) in ends:
                for callback in callbacks:
                    callback.on_cycle_again(view, ends.index(len(view.history)))
        view.history.add_past_steps(list(steps))

    def put_back(self, view: RunView, optimizer: LayerOptimizer) -> None:
        """Give model and optimizer the state of that moment.

        Raises:
            WeightsError: If it does not fit them.
        """
        if self.tensors:
            put_weights(view.model, self.tensors)
            put_optimizer_state(optimizer.opt, self.tensors)

    def at_epoch_begin(self, group: int) -> dict[str, Tensor]:
        """Weights of a learning group at the beginning of the running epoch, if any."""
        return within(self.tensors, f"{_BEGIN}.{group}")
