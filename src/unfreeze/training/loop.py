"""Epochs of steps, with callbacks around them."""

import copy
import math
import time
from collections.abc import (
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import final

from torch import Tensor

from unfreeze.errors import DivergedError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import set_mode
from unfreeze.models.partition import LayerGroup
from unfreeze.numerics.keyed import KeyedRngs, Purpose
from unfreeze.numerics.schedules import Schedule
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.boundary import Boundary, Keep, PastFit
from unfreeze.training.callbacks.base import Callback, RunView
from unfreeze.training.compiled import compiled_if_it_pays
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.history import EpochRow, History, StepRow
from unfreeze.training.restore import borrowed_random_state, repeatable
from unfreeze.training.runtime import memory_explained
from unfreeze.training.source import FromImages, Setup, Source, shuffled
from unfreeze.training.stand_in import fused_if_frozen
from unfreeze.training.step import train_step
from unfreeze.words import ordinal

__all__ = ["Fit"]

_STEPS_BETWEEN_LOOKS = 20
"""How often losses are looked at where a look waits for the device. On the CPU it waits
for nothing, so each is looked at once it is there."""


_EXPLODED = 1e3
"""Nats. Guessing among a million classes costs 14; from here no rate leads back."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """One call of ``fit``: everything it works with, and the loop itself."""

    model: StagedClassifier
    groups: Sequence[LayerGroup]
    source: Source
    setup: Setup
    optimizer: LayerOptimizer
    schedule: Schedule
    epochs: int
    validate: Callable[[StagedClassifier], Evaluation]
    callbacks: Sequence[Callback] = ()
    first_epoch: int = 0
    """Epochs that earlier fits have run; keys order, augmentation and dropout."""

    clip_norm: float | None = None
    early: Source | None = None
    """What the early epochs learn from, where that is another source: a row for each of
    ``source``, too, such as the same photos at a smaller size."""

    early_epochs: Collection[int] = ()
    """Which epochs those are, from 0."""

    bn_frozen: bool = False
    """Keep the statistics of every batch norm, also of those that learn."""

    history: History = field(default_factory=History)
    past: PastFit | None = None
    """What an earlier process has done of this fit, which then goes on behind it."""

    keep: Keep | None = None
    """Called between steps and between epochs; may write down where the fit is."""

    def run(self) -> History:
        """Train for all epochs, or until a callback stops the fit.

        Raises:
            DivergedError: If the loss explodes or is no longer finite. The weights are
                then those from before the epoch in which it happened, or from before
                an earlier one, if validation losses have exploded since.
            PlanError: If the memory of the device is too small for the batches.
        """
        view = self._view()
        if self.past is not None:
            self.past.recall(view, self.callbacks)
            self.past.put_back(view, self.optimizer)
            if self.past.is_over:
                with _told(self.callbacks, view):
                    return self.history
        with (
            borrowed_random_state(self.setup.runtime.device),
            repeatable(self.setup.runtime.device),
            self.optimizer.momentum_put_back(),
            _told(self.callbacks, view),
            memory_explained(self.setup.loading.batch_size),
            fused_if_frozen(self.model, self.source, self.setup.runtime),
            self._compiled_if_it_pays(),
        ):
            good: _Good | None = None
            for epoch in range(len(self.history.epochs), self.epochs):
                began = time.perf_counter() - self._seconds_before(epoch)
                if good is None or self.history.epochs[-1].valid_loss < _EXPLODED:
                    good = self._weights_now(epoch)
                with self._brought_back_if_diverging(good):
                    keep = partial(self._keep, view, good.states, began)
                    is_stopped, num_images = self._learn(epoch, view, keep)
                    self._require_sound(self._steps_of(epoch))
                    evaluation = self._validated()
                self._record(evaluation, time.perf_counter() - began, num_images, view)
                is_over = self._ask_at_epoch_end(view) or is_stopped
                is_over |= epoch == self.epochs - 1
                self._keep(view, is_over=is_over)
                if is_over:
                    break
        if isinstance(self.source, FromImages):  # stored activations fill no memory
            self.setup.runtime.rest()
        return self.history

    def _compiled_if_it_pays(self) -> AbstractContextManager[None]:
        if self.setup.runtime.compiler is None:
            return nullcontext()
        set_mode(self.groups, training=True, bn_frozen=self.bn_frozen)
        steps = self.schedule.num_steps
        return compiled_if_it_pays(self.model, self.source, self.setup, steps)

    def _keep(
        self,
        view: RunView,
        good: Sequence[Mapping[str, Tensor]] = (),
        began: float | None = None,
        *,
        is_over: bool = False,
    ) -> None:
        """Offer the moment to whoever keeps it; ``began`` is of a running epoch."""
        if self.keep is None:
            return
        moment = Boundary(
            view=view,
            optimizer=self.optimizer,
            callbacks=self.callbacks,
            at_epoch_begin=good,
            seconds=0.0 if began is None else time.perf_counter() - began,
            is_over=is_over,
        )
        self.keep(moment)

    def _steps_before(self, epoch: int) -> int:
        """Steps of an epoch that an earlier process has taken."""
        is_first = self.past is not None and epoch == len(self.past.epochs)
        return self.past.steps_of_running_epoch if self.past and is_first else 0

    def _seconds_before(self, epoch: int) -> float:
        return self.past.seconds if self.past and self._steps_before(epoch) else 0.0

    def _learn(
        self, epoch: int, view: RunView, keep: Callable[[], None]
    ) -> tuple[bool, int]:
        """Take the steps of one epoch; say whether to stop, and images seen."""
        global_epoch = self.first_epoch + epoch
        done = self._steps_before(epoch)
        set_mode(self.groups, training=True, bn_frozen=self.bn_frozen)
        num_images = 0
        rngs = KeyedRngs(self.setup.loading.seed, Purpose.STEP)
        source = self._source_of(epoch)
        for i, batch in enumerate(shuffled(source, self.setup.loading, global_epoch)):
            num_images += len(batch)
            if i < done:
                continue
            rates, momentum = self._set_rates(len(self.history))
            _ask(self.callbacks, lambda callback: callback.on_batch_begin(view))
            loss = train_step(
                self.model,
                source,
                batch,
                self.optimizer,
                self.setup,
                seed=rngs.torch_seed(epoch=global_epoch, row=i),
                clip_norm=self.clip_norm,
            )
            self.history.add_step(epoch, rates, momentum, loss)
            self._look_at_losses(i)
            if _ask(self.callbacks, lambda callback: callback.on_batch_end(view)):
                return True, num_images
            keep()
        return False, num_images

    def _source_of(self, epoch: int) -> Source:
        if self.early is not None and epoch in self.early_epochs:
            return self.early
        return self.source

    def _validated(self) -> Evaluation:
        evaluation = self.validate(self.model)
        if not math.isfinite(evaluation.loss):
            finding = f"The validation loss became {evaluation.loss}"
            raise _ExplodedError(finding, self.history.steps[-1])
        return evaluation

    def _set_rates(self, step: int) -> tuple[tuple[float, ...], float | None]:
        self.optimizer.set_multiplier(self.schedule.multiplier(step))
        if self.schedule.momentum is None:
            return self.optimizer.rates, None
        momentum = self.schedule.momentum(step)
        self.optimizer.set_momentum(momentum)
        return self.optimizer.rates, momentum

    def _look_at_losses(self, step_in_epoch: int) -> None:
        """Look at those that are new, if it is time; the epoch's end looks at all."""
        is_on_cpu = self.setup.runtime.device.type == "cpu"
        between = 1 if is_on_cpu else _STEPS_BETWEEN_LOOKS
        if (step_in_epoch + 1) % between == 0:
            self._require_sound(self.history.steps[-between:])

    def _steps_of(self, epoch: int) -> Sequence[StepRow]:
        latest = takewhile(lambda row: row.epoch == epoch, reversed(self.history.steps))
        return list(latest)[::-1]

    def _require_sound(self, steps: Sequence[StepRow]) -> None:
        for row in steps:
            if not row.loss < _EXPLODED:  # also when it is not a number
                raise _ExplodedError(f"The loss became {row.loss:g}", row)

    def _weights_now(self, epoch: int) -> "_Good":
        """Copy what learns, at the beginning of an epoch."""
        groups = [group for group in self.groups if _learns(group)]
        states: list[Mapping[str, Tensor]] = [
            copy.deepcopy(group.state_dict()) for group in groups
        ]
        if self.past is not None and self._steps_before(epoch):
            kept = map(self.past.at_epoch_begin, range(len(groups)))
            states = [old or now for old, now in zip(kept, states, strict=True)]
        return _Good(epoch, groups, states)

    @contextmanager
    def _brought_back_if_diverging(self, good: "_Good") -> Iterator[None]:
        try:
            yield
        except _ExplodedError as found:
            for group, state in zip(good.groups, good.states, strict=True):
                group.load_state_dict(state)
            raise _diverged(found, good.epoch) from None

    def _record(
        self, evaluation: Evaluation, seconds: float, num_images: int, view: RunView
    ) -> None:
        extra = {
            name: figure
            for callback in self.callbacks
            for name, figure in callback.extra_figures(view).items()
        }
        row = EpochRow(
            epoch=len(self.history.epochs),
            train_loss=self.history.steps[-1].smooth_loss,
            valid_loss=evaluation.loss,
            metrics=evaluation.metrics,
            seconds=seconds,
            num_images=num_images,
            extra=extra,
        )
        self.history.epochs.append(row)

    def _ask_at_epoch_end(self, view: RunView) -> bool:
        is_stopped = _ask(self.callbacks, lambda callback: callback.on_epoch_end(view))
        ends = self.schedule.cycle_ends
        if len(self.history) in ends:  # no cycle ends where its steps were cut short
            cycle = ends.index(len(self.history))
            is_stopped |= _ask(
                self.callbacks, lambda callback: callback.on_cycle_end(view, cycle)
            )
        return is_stopped

    def _view(self) -> RunView:
        return RunView(
            model=self.model,
            history=self.history,
            schedule=self.schedule,
            epochs=self.epochs,
            steps_per_epoch=self.schedule.num_steps // self.epochs,
        )


class _ExplodedError(Exception):
    """A loss from which no rate leads back, on its way to those who mend it."""

    def __init__(self, finding: str, row: StepRow) -> None:
        super().__init__(finding)
        self.finding = finding
        self.row = row
        """The step of that loss."""


@dataclass(frozen=True, slots=True)
class _Good:
    """Weights at the beginning of an epoch, before which validation was sound.

    A validation loss that exploded is no reason to stop: until the statistics of batch
    norm have settled, it does while the network learns well. But no weights to return
    to, either.
    """

    epoch: int
    groups: Sequence[LayerGroup]
    states: Sequence[Mapping[str, Tensor]]
    """Of each of those groups."""


def _diverged(found: _ExplodedError, epoch: int) -> DivergedError:
    row = found.row
    which = "that epoch" if epoch == row.epoch else f"the {ordinal(epoch + 1)} epoch"
    return DivergedError(
        f"{found.finding} in the {ordinal(row.epoch + 1)} epoch, at the "
        f"{ordinal(row.step + 1)} step of the fit, at learning rates "
        f"{list(row.rates)}. The weights are back to those from before {which}. "
        "Try rates 10 times lower, or let lr_find() suggest one; clip=1.0 also helps."
    )


def _learns(module: LayerGroup) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


def _ask(callbacks: Sequence[Callback], question: Callable[[Callback], object]) -> bool:
    """Put a question to every callback, and say whether one wants to stop."""
    answers = [bool(question(callback)) for callback in callbacks]
    return any(answers)


@contextmanager
def _told(callbacks: Sequence[Callback], view: RunView) -> Iterator[None]:
    """Tell callbacks of the beginning and, however the fit ends, of its end.

    All of them hear of the end, last first, also when one of them raises an error.
    """
    with ExitStack() as ends:
        for callback in callbacks:
            ends.callback(callback.on_train_end, view)
            callback.on_train_begin(view)
        yield
