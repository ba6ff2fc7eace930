"""Our training, step and loader on a GPU, with random weights."""

import itertools
import time
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import torch

from benchmarks.protocol import Figures, Repeat, Task, serve
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.tfms import tfms_from_model, transforms_side_on
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import set_mode
from unfreeze.numerics.schedules import constant
from unfreeze.tensors import Batch
from unfreeze.training.compiled import compiled_if_it_pays
from unfreeze.training.evaluate import Evaluation
from unfreeze.training.loop import Fit
from unfreeze.training.restore import repeatable
from unfreeze.training.runtime import AcceleratedRuntime, Compiler
from unfreeze.training.source import FromImages, Setup, shuffled
from unfreeze.training.step import train_step

_WARM_UP = 5  # steps, in which ways are found and memory is asked for


def training(task: Task) -> Repeat:
    """Epochs of all layers on augmented photos that were decoded before."""
    learn = _learner(task)
    source = learn._training_source()  # what fit reads
    epochs = -(-task.steps * task.batch_size // len(source))
    _fit(learn, source, 1)

    def repeat() -> Figures:
        torch.cuda.reset_peak_memory_stats()
        began = time.perf_counter()
        seen = _fit(learn, source, epochs)
        torch.cuda.synchronize()
        return {"images/s": seen / (time.perf_counter() - began), **_peak()}

    return repeat


def synthetic(task: Task) -> Repeat:
    """The same step on one batch that lies on the GPU already."""
    steps = _Steps(task)
    steps.take(_WARM_UP)

    def repeat() -> Figures:
        torch.cuda.reset_peak_memory_stats()
        with repeatable(steps.setup.runtime.device):  # as in a fit
            rate = steps.rate()
        return {"images/s": rate, "images/s not repeatable": steps.rate(), **_peak()}

    return repeat


def compiled(task: Task) -> Repeat:
    """That step with the backbone compiled, and when compiling it has paid."""
    steps = _Steps(task)
    steps.take(_WARM_UP)
    told: list[str] = []
    runtime = AcceleratedRuntime("bf16")
    runtime.compiler = Compiler(least_steps=1)
    setup = replace(steps.setup, runtime=runtime, tell=told.append)
    stack = ExitStack()  # left open: this process does nothing else
    began = time.perf_counter()
    stack.enter_context(compiled_if_it_pays(steps.model, steps.source, setup, 1))
    seconds = time.perf_counter() - began
    faster = steps.model.stand_in.compiled
    if faster is None:
        why = told[-1] if told else "there are too few photos for one batch."
        raise SystemExit(f"error: {why}")
    steps.take(_WARM_UP)

    def repeat() -> Figures:
        rate = steps.rate()
        steps.model.stand_in.compiled = None
        plain = steps.rate()
        steps.model.stand_in.compiled = faster
        saved = task.batch_size / plain - task.batch_size / rate
        return {
            "images/s": rate,
            "images/s not compiled": plain,
            "seconds to compile": seconds,
            "steps to break even": seconds / saved if saved > 0 else float("inf"),
        }

    return repeat


def loader(task: Task) -> Repeat:
    """Epochs of augmented photos on the GPU, which does nothing else."""
    learn = _learner(task)
    source, loading = learn._training_source(), learn._setup.loading
    epochs = -(-task.steps * task.batch_size // len(source))

    def rate(numbers: range) -> float:
        passes = (shuffled(source, loading, epoch) for epoch in numbers)
        began = time.perf_counter()
        seen = sum(len(batch) for batch in itertools.chain.from_iterable(passes))
        torch.cuda.synchronize()
        return seen / (time.perf_counter() - began)

    cold = rate(range(1))
    return lambda: {"images/s warm": rate(range(1, 1 + epochs)), "images/s cold": cold}


class _Steps:
    """Steps of all layers on one batch of noise."""

    def __init__(self, task: Task) -> None:
        learn = _learner(task)
        self.model: StagedClassifier = learn.model
        self.setup: Setup = learn._setup
        self.source = FromImages(learn.data.train.index, learn.data.spec)
        self._optimizer = learn.get_layer_opt(1e-3, None)
        self._num_steps = task.steps
        rng = np.random.default_rng(0)
        shape = (task.batch_size, task.size, task.size, 3)
        pixels = torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8))
        rows = np.arange(task.batch_size)
        device = self.setup.runtime.device
        labels = torch.from_numpy(rows % len(learn.data.classes))
        self._batch = Batch(pixels.to(device), labels.to(device), rows)
        set_mode(learn.get_layer_groups(), training=True)

    def take(self, count: int) -> None:
        """Take so many steps, and wait for them."""
        for seed in range(count):
            train_step(
                self.model,
                self.source,
                self._batch,
                self._optimizer,
                self.setup,
                seed=seed,
            )
        torch.cuda.synchronize()

    def rate(self) -> float:
        """Images per second."""
        began = time.perf_counter()
        self.take(self._num_steps)
        return self._num_steps * len(self._batch) / (time.perf_counter() - began)


def _learner(task: Task) -> ConvLearner:
    """One in which all layers learn, and nothing is compiled."""
    tfms = tfms_from_model(task.arch, task.size, transforms_side_on, max_zoom=1.1)
    data = ImageClassifierData.from_paths(
        task.photos, task.batch_size, tfms, num_workers=task.workers
    )
    learn = ConvLearner.pretrained(
        task.arch,
        data,
        pretrained=False,
        runtime=AcceleratedRuntime("bf16", compiles=False),
        output=Output(write=lambda line: None, has_bar=False, has_hints=False),
    )
    learn.unfreeze()
    return learn


def _fit(learn: ConvLearner, source: FromImages, epochs: int) -> int:
    """Train without measuring; return the photos seen."""
    fit = Fit(
        model=learn.model,
        groups=learn.get_layer_groups(),
        source=source,
        setup=learn._setup,
        optimizer=learn.get_layer_opt(1e-4, None),
        schedule=constant(-(-len(source) // learn.data.bs), epochs),
        epochs=epochs,
        validate=lambda _: Evaluation(0.0, {}, np.empty((0, 2), np.float32)),
    )
    return sum(row.num_images for row in fit.run().epochs)


def _peak() -> Figures:
    return {"peak MiB on the GPU": torch.cuda.max_memory_allocated() / 2**20}


if __name__ == "__main__":
    serve(
        {
            "training": training,
            "synthetic": synthetic,
            "compiled": compiled,
            "loader": loader,
        }
    )
