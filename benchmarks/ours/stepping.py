"""Our training step on one batch of pixels, and our fit of a head on stored rows."""

import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.ours.learning import learner
from benchmarks.protocol import Figures, Repeat, Task, serve
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.models.groups import freeze_to, layer_groups, set_mode
from unfreeze.numerics.metrics import accuracy, as_metric
from unfreeze.numerics.schedules import constant
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import Task as Loss
from unfreeze.tensors import Batch
from unfreeze.training.evaluate import Evaluation, evaluate
from unfreeze.training.loop import Fit
from unfreeze.training.runtime import AcceleratedRuntime, Runtime
from unfreeze.training.source import FromFeatures, FromImages, Loading, Setup
from unfreeze.training.step import train_step

_ROWS, _VALID_ROWS, _WIDTH = 3000, 1000, 1024
_EPOCHS = 5  # of a fit: a single one is over too soon to be measured


def step(task: Task) -> Repeat:
    """Steps of the whole network on one batch, in bf16."""
    learn = learner(task)
    learn.unfreeze()
    set_mode(learn.get_layer_groups(), training=True, bn_frozen=False)
    source = FromImages(learn.data.train.index, learn.data.spec)
    batch = _batch(task)
    optimizer = learn.get_layer_opt(1e-3, None)
    setup = _setup(task, AcceleratedRuntime("bf16"))

    def repeat() -> Figures:
        began = time.perf_counter()
        for seed in range(task.steps):
            loss = train_step(learn.model, source, batch, optimizer, setup, seed=seed)
        loss.item()  # waits for the device
        seconds = time.perf_counter() - began
        return {"images/s": task.steps * task.batch_size / seconds}

    return repeat


def head(task: Task) -> Repeat:
    """An epoch of several of the head, on rows of random numbers."""
    setup = _setup(task, AcceleratedRuntime())
    model = with_new_head(build_backbone("resnet18", weights="none", size=64), 2)
    model.to(setup.runtime.device)
    freeze_to(layer_groups(model), -1)
    rng = np.random.default_rng(0)
    train, valid = _random_rows(_ROWS, rng), _random_rows(_VALID_ROWS, rng)
    labels = np.asarray(valid.labels)

    def unmeasured(_: StagedClassifier) -> Evaluation:
        return Evaluation(0.0, {}, np.empty((0, 2), np.float32))

    def measured(learned: StagedClassifier) -> Evaluation:
        return evaluate(learned, valid, labels, setup, [as_metric(accuracy)])

    return lambda: {
        "seconds": _head_epoch(model, train, setup, unmeasured),
        "seconds with measuring": _head_epoch(model, train, setup, measured),
    }


def _head_epoch(
    model: StagedClassifier,
    train: FromFeatures,
    setup: Setup,
    validate: Callable[[StagedClassifier], Evaluation],
) -> float:
    groups = layer_groups(model)
    began = time.perf_counter()
    Fit(
        model=model,
        groups=groups,
        source=train,
        setup=setup,
        optimizer=LayerOptimizer(sgd, groups, 1e-2),
        schedule=constant(-(-len(train) // setup.loading.batch_size), _EPOCHS),
        epochs=_EPOCHS,
        validate=validate,
    ).run()
    return (time.perf_counter() - began) / _EPOCHS


def _batch(task: Task) -> Batch:
    rng = np.random.default_rng(0)
    shape = (task.batch_size, task.size, task.size, 3)
    pixels = torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8))
    return Batch(pixels, torch.arange(task.batch_size) % 2, np.arange(task.batch_size))


def _random_rows(count: int, rng: np.random.Generator) -> FromFeatures:
    rows = rng.standard_normal((count, _WIDTH), dtype=np.float32)
    return FromFeatures(rows, np.arange(count) % 2)


def _setup(task: Task, runtime: Runtime) -> Setup:
    loading = Loading(batch_size=task.batch_size, num_workers=task.workers, seed=0)
    return Setup(loading=loading, runtime=runtime, task=Loss.SINGLE)


if __name__ == "__main__":
    serve({"step": step, "head": head})
