"""Fits on a GPU: repeatable, without waiting, within its memory, and compiled."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups, set_mode
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training.evaluate import logits_over
from unfreeze.training.loop import Fit
from unfreeze.training.micro_batches import MicroBatches
from unfreeze.training.runtime import Compiler, PlainRuntime
from unfreeze.training.source import FromFeatures, FromImages, Setup, shuffled
from unfreeze.training.step import train_step

pytestmark = pytest.mark.gpu

MakeSetup = Callable[..., Setup]
MakeModel = Callable[..., StagedClassifier]
RunFit = Callable[..., Fit]


def tensors(module: nn.Module) -> dict[str, bytes]:
    return {n: t.cpu().numpy().tobytes() for n, t in module.state_dict().items()}


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_the_same_seed_gives_the_same_weights(
    make_model: MakeModel,
    make_setup: MakeSetup,
    source: FromImages,
    fit: RunFit,
    precision: str,
) -> None:
    """Bit by bit, with any number of threads."""
    first, second = make_model(), make_model()

    fit(first, source, make_setup(precision=precision, num_workers=0))
    fit(second, source, make_setup(precision=precision, num_workers=4))

    assert tensors(first) == tensors(second)


def test_a_fit_is_that_of_a_processor_up_to_rounding(
    make_model: MakeModel, make_setup: MakeSetup, source: FromImages, fit: RunFit
) -> None:
    there, here = make_model(ps=0.0), make_model(ps=0.0).to("cpu")
    setup = make_setup(precision="fp32")
    plain = replace(source, augmentation=None)
    on_cpu = replace(
        setup,
        runtime=PlainRuntime(),
        loading=replace(setup.loading, delivery=PlainRuntime.delivery),
    )

    expected = fit(here, plain, on_cpu).history.steps
    found = fit(there, plain, setup).history.steps

    assert found[0].loss == pytest.approx(expected[0].loss, rel=1e-3)
    assert found[-1].smooth_loss == pytest.approx(expected[-1].smooth_loss, rel=0.05)


@pytest.mark.parametrize("kind", ["photos", "stored activations"])
@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_steps_do_not_make_the_processor_wait(
    make_model: MakeModel,
    make_setup: MakeSetup,
    source: FromImages,
    no_waiting: Callable[[bool], None],
    kind: str,
    clip_norm: float | None,
) -> None:
    model, setup = make_model(), make_setup()
    rows = FromFeatures(np.ones((36, 1024), np.float32), source.index.labels)
    chosen = source if kind == "photos" else rows
    groups = layer_groups(model)
    freeze_to(groups, 0 if kind == "photos" else -1)
    set_mode(groups, training=True)
    optimizer = LayerOptimizer(sgd, groups, 0.01)
    passes = (shuffled(chosen, setup.loading, epoch) for epoch in range(2))

    for number, batch in enumerate(itertools.chain.from_iterable(passes)):
        no_waiting(number >= 2)  # the first steps find ways and allocate
        train_step(
            model, chosen, batch, optimizer, setup, seed=number, clip_norm=clip_norm
        )
    no_waiting(False)

    assert number == 9


def test_a_fused_backbone_answers_alike(
    make_model: MakeModel, make_setup: MakeSetup, source: FromImages
) -> None:
    model = make_model()
    setup = make_setup(precision="fp32")
    plain = replace(source, augmentation=None)
    fused = logits_over(model, plain, setup)
    setup.runtime.fuses = False

    torch.testing.assert_close(
        fused, logits_over(model, plain, setup), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("arch", ["resnet18", "convnext_atto"])
def test_a_compiled_backbone_learns_alike(  # noqa: PLR0913, PLR0917
    make_model: MakeModel,
    make_setup: MakeSetup,
    source: FromImages,
    fit: RunFit,
    telling: Callable[[Setup], Setup],
    told: list[str],
    arch: str,
) -> None:
    plain, faster = make_model(arch, ps=0.0), make_model(arch, ps=0.0)
    names = list(faster.state_dict())
    compiler = Compiler(least_steps=1)

    expected = fit(plain, source, make_setup(precision="fp32")).history.steps
    compiling = telling(make_setup(precision="fp32", compiler=compiler))
    found = fit(faster, source, compiling).history.steps

    assert "is compiled" in told[-1]
    assert list(faster.state_dict()) == names
    assert found[0].loss == pytest.approx(expected[0].loss, rel=1e-2)
    assert found[-1].smooth_loss == pytest.approx(expected[-1].smooth_loss, rel=0.1)


def test_a_compiled_backbone_gives_the_same_weights_twice(
    make_model: MakeModel, make_setup: MakeSetup, source: FromImages, fit: RunFit
) -> None:
    first, second = make_model(), make_model()

    for model in (first, second):
        fit(model, source, make_setup(compiler=Compiler(least_steps=1)))

    assert tensors(first) == tensors(second)


def test_too_little_memory_is_got_along_with(
    make_model: MakeModel, make_setup: MakeSetup, source: FromImages, fit: RunFit
) -> None:
    """The allocator is told to give out less than a step of the whole batch takes."""
    notes: list[Any] = []
    setup = make_setup(batch_size=32)
    whole = make_model()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    fit(whole, source, setup)
    peak = torch.cuda.max_memory_allocated()
    model = make_model()
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties("cuda").total_memory
    room = torch.cuda.memory_reserved() + 0.7 * (peak - torch.cuda.memory_reserved())

    torch.cuda.set_per_process_memory_fraction(room / total)
    try:
        limited = replace(setup, micro_batches=MicroBatches(notes.append))
        history = fit(model, source, limited).history
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)

    assert "the same effective batch" in notes[0]
    assert len(history.steps) == 4
