"""Try every learning rate from tiny to huge, one mini-batch each, and give it all back.

The range test of Smith, "Cyclical learning rates for training neural networks", 2015
(arXiv 1506.01186), counted in batches instead of epochs, so that it also works on five
batches of photos.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import layer_groups, set_mode
from unfreeze.numerics.keyed import Purpose, torch_seed
from unfreeze.numerics.schedules import Schedule
from unfreeze.numerics.smoothing import RunningMean
from unfreeze.numerics.suggest import Curve, Suggestion, suggest
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.tensors import Batch
from unfreeze.training.history import History
from unfreeze.training.restore import borrowed_random_state, put_back, repeatable
from unfreeze.training.runtime import memory_explained
from unfreeze.training.source import Setup, Source, shuffled
from unfreeze.training.stand_in import fused_if_frozen
from unfreeze.training.step import train_step

__all__ = ["RateSearch", "find_rate"]

_HOPELESS = 4.0
"""A sweep ends when the smoothed loss is this many times its best, as in 2018 ..."""

_SETTLED = 10
"""... but not in its first batches, whose losses differ by chance alone ..."""

_FEWEST_IMAGES = 2  # for batch norm

_LEAST_HOPELESS = 0.35
"""... and not below so many nats, half of what a network loses that knows nothing of
two classes: where next to nothing is lost, one hard photo multiplies it."""

_SWEEP_EPOCH = 2**31
"""Epoch numbers of sweeps start here, so that no sweep sees the order of a fit."""


@dataclass(frozen=True, slots=True, eq=False)
class RateSearch:
    """What a search found. The first sweep's rows are those to plot."""

    suggestion: Suggestion
    curves: tuple[Curve, ...]
    """Rate of the last group against the loss of its batch, a curve per sweep."""

    history: History


def find_rate(  # noqa: PLR0913  # the parts of a fit, without one
    model: StagedClassifier,
    source: Source,
    make_optimizer: Callable[[], LayerOptimizer],
    schedule: Schedule,
    *,
    setup: Setup,
    repeats: int = 1,
    bn_frozen: bool = False,
    clip_norm: float | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> RateSearch:
    """Sweep the rates ``repeats`` times from the same weights, and suggest one.

    Weights, batch-norm statistics, gradients and random state are afterwards as they
    were, also on Ctrl-C; the optimizers of the sweeps are thrown away. The answer
    depends on the model, the images, the seed and the settings alone.

    Args:
        model: Learns for the time being.
        source: Where batches come from.
        make_optimizer: Builds a fresh optimizer whose peak rates are multiplied by
            ``schedule``.
        schedule: Rising multipliers, one step per rate.
        setup: How to load, on what machine, for which task.
        repeats: Sweeps, each over batches of its own.
        bn_frozen: Keep the statistics of every batch norm.
        clip_norm: Largest total gradient norm; None leaves gradients as they are.
        on_step: Called with the steps done and the steps of all sweeps.

    Raises:
        PlanError: If ``repeats`` is below 1, there is not one batch to learn from, or
            the memory of the device is too small for the batches.
    """
    if repeats < 1:
        raise PlanError(f"repeats must be 1 or more, got {repeats}.")
    sweeps: list[tuple[Curve, History]] = []

    def report(step: int) -> None:
        if on_step is not None:
            done = len(sweeps) * schedule.num_steps + step + 1
            on_step(done, repeats * schedule.num_steps)

    sweep = _Sweep(model, source, setup, clip_norm, bn_frozen, report)
    with (
        borrowed_random_state(setup.runtime.device),
        repeatable(setup.runtime.device),
        memory_explained(setup.loading.batch_size),
        fused_if_frozen(model, source, setup.runtime),
    ):
        for repeat in range(repeats):
            with put_back(model):
                sweeps.append(sweep.run(make_optimizer(), schedule, repeat))
    curves = tuple(curve for curve, _ in sweeps)
    return RateSearch(suggest(curves), curves, sweeps[0][1])


class _Watch:
    """Notices when a sweep has nothing left to show."""

    def __init__(self, num_steps: int) -> None:
        # A mean over about a sixth of the sweep: 0.98, as in 2018, for 300 batches.
        self._mean = RunningMean(min(0.98, max(0.8, 1 - 6 / num_steps)))
        self._first = min(_SETTLED, num_steps // 4)
        self._seen = 0
        self._best = math.inf
        self._was_high = False

    def is_hopeless(self, loss: float) -> bool:
        """Look at the next loss, in nats.

        What a single batch shows can be chance, unless it is no number.
        """
        self._mean = self._mean.plus(loss)
        self._seen += 1
        smooth = self._mean.value
        if not math.isfinite(smooth):
            return True
        if self._seen > self._first:
            self._best = min(self._best, smooth)
        limit = max(_HOPELESS * self._best, _LEAST_HOPELESS)
        is_high, was_high = min(smooth, loss) > limit, self._was_high
        self._was_high = is_high
        return is_high and was_high


@dataclass(frozen=True, slots=True)
class _Sweep:
    model: StagedClassifier
    source: Source
    setup: Setup
    clip_norm: float | None
    bn_frozen: bool
    report: Callable[[int], None]

    def run(
        self, optimizer: LayerOptimizer, schedule: Schedule, repeat: int
    ) -> tuple[Curve, History]:
        history = History()
        watch = _Watch(schedule.num_steps)
        set_mode(layer_groups(self.model), training=True, bn_frozen=self.bn_frozen)
        for step, batch in enumerate(self._batches(schedule.num_steps, repeat)):
            optimizer.set_multiplier(schedule.multiplier(step))
            loss = train_step(
                self.model,
                self.source,
                batch,
                optimizer,
                self.setup,
                seed=self._seed(repeat, step),
                clip_norm=self.clip_norm,
            )
            if watch.is_hopeless(float(loss)):
                break
            history.add_step(0, optimizer.rates, None, loss)
            self.report(step)
        rows = history.steps
        rates = [row.rates[-1] for row in rows]
        return Curve(rates, [row.loss for row in rows]), history

    def _seed(self, repeat: int, step: int) -> int:
        epoch = _SWEEP_EPOCH + repeat
        return torch_seed(self.setup.loading.seed, Purpose.STEP, epoch=epoch, row=step)

    def _batches(self, count: int, repeat: int) -> Iterator[Batch]:
        """Yield ``count`` batches, starting over as often as the images require."""
        if len(self.source) < _FEWEST_IMAGES:
            raise PlanError(
                f"{len(self.source)} training images are too few to learn from; "
                f"{_FEWEST_IMAGES} are the least."
            )
        epoch = _SWEEP_EPOCH + repeat * 2**16
        while True:
            for batch in shuffled(self.source, self.setup.loading, epoch):
                yield batch
                count -= 1
                if count == 0:
                    return
            epoch += 1
