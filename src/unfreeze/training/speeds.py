"""How fast this machine gets through these photos, measured on the spot."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, islice
from typing import TypeAlias

import numpy as np

from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups, set_mode
from unfreeze.models.probe import evaluating
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.tensors import Batch
from unfreeze.training.restore import borrowed_random_state, put_back, repeatable
from unfreeze.training.runtime import Runtime, memory_explained
from unfreeze.training.source import (
    FromFeatures,
    FromImages,
    Setup,
    Source,
    features_of,
    labels_of,
    logits_of,
    shuffled,
)
from unfreeze.training.stand_in import fused, fused_if_frozen
from unfreeze.training.step import train_step

__all__ = ["Speeds", "measure_speeds", "pace"]

Clock: TypeAlias = Callable[[], float]

_SHARES = (0.15, 0.15, 0.05, 0.2, 0.45)
"""Of the time, for each measurement, in the order in which they are made. A step of the
whole network takes longest, and most of a run consists of such steps."""

_WARM_UP_OF_WHOLE = 2
"""Its first step builds kernels and asks for memory, its second asks for more: of
resnet18, on 64 photos and 2 cores, 2.6 and 2.35 seconds, and 2.05 from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Seconds per photo, reading it included where it is read."""

    answer: float
    """To measure a network on it in full precision, as final answers are computed."""

    store: float
    """To compute its activations with a frozen backbone, as it is. To measure a network
    on it in training takes as long: what the head does with them is next to nothing."""

    head: float
    """To let the head learn from stored activations."""

    frozen: float
    """To let the head learn from an augmented photo."""

    whole: float
    """To let all layers learn from one."""


def measure_speeds(  # noqa: PLR0913  # the parts of a fit, without one
    model: StagedClassifier,
    *,
    plain: FromImages,
    stored: FromImages,
    augmented: FromImages,
    make_optimizer: Callable[[], LayerOptimizer],
    setup: Setup,
    seconds: float = 10.0,
    bn_frozen: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Speeds:
    """Do for a few seconds what training will do for long.

    Each of five measurements takes its share of ``seconds``, and two batches at least,
    three of the whole network, unless the first one takes all of it. Weights,
    batch-norm statistics, gradients, modes, what is frozen and the random state are
    afterwards as they were, also on Ctrl-C.

    Args:
        model: Learns for the time being.
        plain: Training images as they are.
        stored: The same, read as they are when activations are stored.
        augmented: The same images, varied.
        make_optimizer: Builds a fresh optimizer.
        setup: How to load, on what machine, for which task.
        seconds: For all measurements together.
        bn_frozen: Whether batch norms will keep their statistics when all layers learn,
            which is less work.
        on_progress: Called with the number of measurements done, and of all.

    Raises:
        PlanError: If ``seconds`` is not above 0, or the memory of the device is too
            small for the batches.
    """
    if not seconds > 0:
        raise PlanError(f"Measuring needs some time, got {seconds:g} seconds.")
    probe = _Probe(model, make_optimizer, setup)
    measurements: tuple[Callable[[float], float], ...] = (
        partial(probe.looking, plain, setup.runtime.in_full_precision()),
        partial(probe.storing, stored),
        lambda limit: probe.learning(probe.stored_rows(), limit),
        partial(probe.learning, augmented),
        partial(probe.learning, augmented, first_group=0, bn_frozen=bn_frozen),
    )
    found: list[float] = []
    with (
        borrowed_random_state(setup.runtime.device),
        repeatable(setup.runtime.device),
        memory_explained(setup.loading.batch_size),
        put_back(model),
    ):
        for share, measure in zip(_SHARES, measurements, strict=True):
            if on_progress is not None:
                on_progress(len(found), len(_SHARES))
            found.append(measure(share * seconds))
    answer, store, head, frozen, whole = found
    return Speeds(answer=answer, store=store, head=head, frozen=frozen, whole=whole)


def pace(
    batches: Iterator[Batch],
    step: Callable[[Batch], object],
    limit: float,
    now: Clock = time.perf_counter,
    *,
    warm_up: int = 1,
) -> float:
    """Seconds per photo that ``step`` takes, loading included.

    The first batches pay for what is done only once, threads that start and kernels
    that are compiled, so the others count; the first alone, if it takes the whole time.

    Args:
        batches: More of them than will be used.
        step: Works on a batch, and returns when the device is done with it.
        limit: Seconds after which no further batch is begun.
        now: Tells the time in seconds.
        warm_up: Batches that do not count, 1 or more.
    """
    began = now()
    batch = next(batches)
    step(batch)
    seconds_of_first = now() - began
    if seconds_of_first >= limit:
        return seconds_of_first / len(batch)
    for following in islice(batches, warm_up - 1):
        step(following)
    warm = latest = now()
    photos = 0
    while not photos or latest - began < limit:
        following = next(batches)
        step(following)
        latest = now()
        photos += len(following)
    return (latest - warm) / photos


@dataclass(slots=True, eq=False)
class _Probe:
    model: StagedClassifier
    make_optimizer: Callable[[], LayerOptimizer]
    setup: Setup
    _rows: list[np.ndarray] = field(default_factory=list, init=False)
    _labels: list[np.ndarray] = field(default_factory=list, init=False)

    def looking(self, source: FromImages, runtime: Runtime, limit: float) -> float:
        """Run the network without learning."""
        setup = replace(self.setup, runtime=runtime)

        def look(batch: Batch) -> None:
            run = partial(logits_of, self.model, source, batch, setup)
            self.setup.micro_batches.run(run, self.model).cpu()  # waits for the device

        with (
            evaluating(self.model),
            fused(self.model, source, runtime),
            closing(self._endless(source)) as batches,
        ):
            return pace(batches, look, limit)

    def storing(self, source: FromImages, limit: float) -> float:
        """Run it up to its head, with the rest frozen, and keep what the head reads."""

        def store(batch: Batch) -> None:
            run = partial(
                features_of, self.model, batch.inputs, source.spec, self.setup
            )
            rows = self.setup.micro_batches.run(run, self.model)
            self._rows.append(rows.float().cpu().numpy())
            self._labels.append(labels_of(batch).numpy())

        freeze_to(layer_groups(self.model), -1)
        with (
            evaluating(self.model),
            fused_if_frozen(self.model, source, self.setup.runtime),
            closing(self._endless(source)) as batches,
        ):
            return pace(batches, store, limit)

    def stored_rows(self) -> FromFeatures:
        """What ``storing`` has kept."""
        return FromFeatures(np.concatenate(self._rows), np.concatenate(self._labels))

    def learning(
        self,
        source: Source,
        limit: float,
        *,
        first_group: int = -1,
        bn_frozen: bool = False,
    ) -> float:
        """Take steps of learning, as a fit does, from ``first_group`` on."""
        groups = layer_groups(self.model)
        freeze_to(groups, first_group)
        set_mode(groups, training=True, bn_frozen=bn_frozen)
        optimizer = self.make_optimizer()

        def learn(batch: Batch) -> float:
            loss = train_step(self.model, source, batch, optimizer, self.setup, seed=0)
            return float(loss)  # waits for the device

        with (
            fused_if_frozen(self.model, source, self.setup.runtime),
            closing(self._endless(source)) as batches,
        ):
            warm_up = 1 if self.model.is_backbone_frozen else _WARM_UP_OF_WHOLE
            return pace(batches, learn, limit, warm_up=warm_up)

    def _endless(self, source: Source) -> Generator[Batch, None, None]:
        for epoch in count():
            yield from shuffled(source, self.setup.loading, epoch)
