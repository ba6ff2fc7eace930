"""Mirrors src/unfreeze/training/compiled.py.

The compiler's first half, with the ordinary kernels behind it, needs no tools.
"""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch._dynamo.utils import counters
from torch.nn import functional

from unfreeze.augment.normalise import normalise
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups, set_mode
from unfreeze.numerics.schedules import constant
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.training import compiled as module
from unfreeze.training.compiled import compiled_if_it_pays
from unfreeze.training.evaluate import evaluate
from unfreeze.training.loop import Fit
from unfreeze.training.restore import borrowed_random_state
from unfreeze.training.runtime import AcceleratedRuntime, Compiler, PlainRuntime
from unfreeze.training.source import FromFeatures, FromImages, Setup

StateOf = Callable[[nn.Module], dict[str, bytes]]
MakeModel = Callable[..., StagedClassifier]

BATCHES = 6  # of 4 photos, the last one of 2


@pytest.fixture(scope="module", autouse=True)
def _compiler() -> None:
    """Load it, with the thread that its progress bars start and never end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.compile(torch.neg, backend="aot_eager")(torch.ones(1))


@pytest.fixture(autouse=True)
def _nothing_compiled_yet() -> None:
    torch.compiler.reset()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def compiling(setup: Setup, told: list[str]) -> Setup:
    """A machine that compiles for a single step."""
    runtime = AcceleratedRuntime("fp32")
    runtime.compiler = Compiler(backend="aot_eager", least_steps=1)
    return replace(setup, runtime=runtime, tell=told.append)


def fit(model: StagedClassifier, source: FromImages, setup: Setup) -> None:
    """Two epochs of all layers, and measuring after each."""
    groups = layer_groups(model)
    Fit(
        model=model,
        groups=groups,
        source=source,
        setup=setup,
        optimizer=LayerOptimizer(sgd, groups, 0.05),
        schedule=constant(BATCHES, 2),
        epochs=2,
        validate=lambda learned: evaluate(
            learned, source, np.asarray(source.index.labels), setup, []
        ),
    ).run()


def entered(
    model: StagedClassifier, source: FromImages | FromFeatures, setup: Setup, steps: int
) -> bool:
    """Whether anything is compiled for so many steps."""
    with (
        borrowed_random_state(torch.device("cpu")),
        compiled_if_it_pays(model, source, setup, steps),
    ):
        return model.stand_in.compiled is not None


def num_graphs() -> int:
    return counters["stats"]["unique_graphs"]


def test_a_fit_is_the_same_up_to_rounding(
    make_model: MakeModel,
    source: FromImages,
    setup: Setup,
    compiling: Setup,
    told: list[str],
) -> None:
    plain, faster = make_model(), make_model()
    fit(plain, source, setup)

    fit(faster, source, compiling)

    assert "is compiled" in told[-1]
    for name, found in faster.state_dict().items():
        torch.testing.assert_close(
            found, plain.state_dict()[name], rtol=1e-3, atol=1e-5
        )


def test_nothing_is_compiled_after_the_beginning(
    model: StagedClassifier, source: FromImages, compiling: Setup
) -> None:
    """Neither for the smaller batches at the end of epochs, nor to measure."""
    graphs: list[int] = []
    before = num_graphs()
    compiling = replace(compiling, tell=lambda _: graphs.append(num_graphs()))

    fit(model, source, compiling)

    assert len(graphs) == 2
    assert graphs[1] > before
    assert num_graphs() == graphs[1]


def test_compiling_leaves_no_trace_in_the_model(
    model: StagedClassifier, source: FromImages, compiling: Setup, state_of: StateOf
) -> None:
    set_mode(layer_groups(model), training=True)
    before = state_of(model)
    names = list(before)
    modes = [each.training for each in model.modules()]

    with (
        borrowed_random_state(torch.device("cpu")),
        compiled_if_it_pays(model, source, compiling, 1),
    ):
        assert model.stand_in.compiled is not None
        assert state_of(model) == before
        assert list(model.state_dict()) == names
        assert [each.training for each in model.modules()] == modes
        assert all(each.grad is None for each in model.parameters())

    assert model.stand_in.compiled is None
    assert list(model.state_dict()) == names


def test_it_learns_from_whole_batches_and_nothing_else(
    model: StagedClassifier, source: FromImages, compiling: Setup
) -> None:
    pixels = torch.from_numpy(np.asarray(source.index.sources))
    images = normalise(pixels, source.spec)
    backbone = model.backbone

    with (
        borrowed_random_state(torch.device("cpu")),
        compiled_if_it_pays(model, source, compiling, 1),
    ):
        choose = model.stand_in.instead_of
        assert choose(backbone, images[:4]) is not backbone
        assert choose(backbone, images[:2]) is backbone
        assert choose(backbone, images[:4, :, :6]) is backbone
        with torch.no_grad():
            assert choose(backbone, images[:4]) is backbone


def test_gradients_are_those_of_the_plain_network(
    make_model: MakeModel, source: FromImages, compiling: Setup
) -> None:
    model, plain = make_model(ps=0.0), make_model(ps=0.0)
    pixels = torch.from_numpy(np.asarray(source.index.sources))[:4]
    labels = torch.from_numpy(np.asarray(source.index.labels))[:4]

    def learn(learner: StagedClassifier) -> None:
        logits = learner(normalise(pixels, source.spec))
        functional.cross_entropy(logits, labels).backward()

    learn(plain)
    with (
        borrowed_random_state(torch.device("cpu")),
        compiled_if_it_pays(model, source, compiling, 1),
    ):
        learn(model)

    pairs = zip(model.parameters(), plain.parameters(), strict=True)
    for found, expected in pairs:
        torch.testing.assert_close(found.grad, expected.grad, rtol=1e-4, atol=1e-6)


def test_it_is_not_worth_it_where_little_is_learned(
    model: StagedClassifier, source: FromImages, compiling: Setup, told: list[str]
) -> None:
    compiling.runtime.compiler = Compiler(backend="aot_eager", least_steps=100)
    rows = FromFeatures(np.zeros((22, 12), np.float32), None)
    machine = compiling.runtime
    plain = replace(compiling, runtime=PlainRuntime())
    wide = replace(compiling, loading=replace(compiling.loading, batch_size=23))

    assert not entered(model, source, compiling, 99)
    assert not entered(model, rows, compiling, 100)
    assert not entered(model, source, plain, 100)
    assert not entered(model, source, wide, 100)
    freeze_to(layer_groups(model), -1)
    assert not entered(model, source, compiling, 100)
    assert told == []
    freeze_to(layer_groups(model), 1)
    assert entered(model, source, compiling, 100)
    assert compiling.runtime is machine


def test_processors_do_not_compile_on_their_own() -> None:
    assert AcceleratedRuntime("fp32").compiler is None
    assert PlainRuntime().compiler is None


@pytest.mark.parametrize("where", ["setting up", "forwards", "backwards"])
def test_a_failure_is_told_and_the_network_learns_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
    make_model: MakeModel,
    source: FromImages,
    compiling: Setup,
    state_of: StateOf,
    where: str,
) -> None:
    told: list[str] = []

    def fail(*_: object) -> None:
        raise FileNotFoundError("no C compiler was found\nin any of the places")

    def broken(backbone: nn.Module, **_: object) -> Callable[..., torch.Tensor]:
        if where == "setting up":
            fail()

        def run(images: torch.Tensor) -> torch.Tensor:
            if where == "forwards":
                fail()
            features: torch.Tensor = backbone(images)
            features.register_hook(fail)
            return features

        return run

    monkeypatch.setattr(module.torch, "compile", broken)
    plain, unlucky = make_model(), make_model()
    fit(plain, source, replace(compiling, runtime=AcceleratedRuntime("fp32")))

    fit(unlucky, source, replace(compiling, tell=told.append))

    assert told[-1].startswith("The network could not be compiled (FileNotFoundError: ")
    assert "\n" not in told[-1]
    assert state_of(unlucky) == state_of(plain)


def test_an_unknown_compiler_is_told(
    model: StagedClassifier, source: FromImages, compiling: Setup, told: list[str]
) -> None:
    compiling.runtime.compiler = Compiler(backend="nowhere", least_steps=1)

    assert not entered(model, source, compiling, 1)

    assert "could not be compiled" in told[-1]
    assert "\n" not in told[-1]


def test_pieces_of_a_batch_that_does_not_fit_run_as_they_are(
    model: StagedClassifier,
    source: FromImages,
    compiling: Setup,
    memory_for: Callable[[StagedClassifier, int], AbstractContextManager[list[int]]],
) -> None:
    with memory_for(model, 2) as sizes:
        fit(model, source, compiling)

    assert max(sizes[3:]) <= 4
    assert sizes.count(2) > 0
