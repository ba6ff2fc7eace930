"""Mirrors src/unfreeze/training/micro_batches.py."""

import copy
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups, set_mode
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import Task
from unfreeze.tensors import Batch
from unfreeze.training import micro_batches as module
from unfreeze.training.micro_batches import MicroBatches
from unfreeze.training.runtime import AcceleratedRuntime
from unfreeze.training.source import FromFeatures, FromImages, Loading, Setup, in_order
from unfreeze.training.step import train_step

MakeModel = Callable[..., StagedClassifier]
StateOf = Callable[[nn.Module], dict[str, bytes]]
Narrow = Callable[..., object]

_NUM_PHOTOS = 8


@pytest.fixture(autouse=True)
def _own_stream() -> Iterator[None]:
    """A step seeds the global stream, from which dropout draws."""
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.fixture
def setup(make_setup: Callable[..., Setup]) -> Setup:
    return make_setup(batch_size=_NUM_PHOTOS)


@pytest.fixture
def batch(source: FromImages, setup: Setup) -> Batch:
    return next(iter(in_order(source, setup.loading)))


# --- machines with little memory -----------------------------------------------


def _raise_full() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def _allocate_too_much() -> None:
    torch.empty(2**48, dtype=torch.uint8)


class _FullInBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, inputs: Tensor) -> Tensor:
        return inputs.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        _raise_full()
        return gradient


@contextmanager
def _memory_for(
    model: StagedClassifier,
    num_photos: int,
    place: str = "middle",
    fail: Callable[[], None] = _raise_full,
) -> Iterator[list[int]]:
    """Let one place of the network hold ``num_photos`` and no more.

    Yields:
        The sizes with which the place was reached, filled as it is reached.
    """
    sizes: list[int] = []

    def hold(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor | None:
        sizes.append(len(output))
        if len(output) <= num_photos:
            return None
        if place == "backward":
            return _FullInBackward.apply(output)
        fail()
        return None

    place_of = {"backward": "final", "middle": "middle", "final": "final"}
    layer = model.backbone.network.get_submodule(place_of[place])
    hook = layer.register_forward_hook(hold)
    try:
        yield sizes
    finally:
        hook.remove()


def _without_batch_norm(network: nn.Module) -> None:
    for block in network.children():
        block[1] = nn.GroupNorm(1, block[1].num_features)


@pytest.fixture(
    params=["whole network", "late half", "head alone", "frozen statistics"]
)
def learner(request: pytest.FixtureRequest, make_model: MakeModel) -> StagedClassifier:
    """Networks whose batch norm learns in the head at most."""
    model = make_model()
    groups = layer_groups(model)
    if request.param in {"whole network", "late half"}:
        _without_batch_norm(model.backbone.network)
    first = {"late half": 1, "head alone": -1}.get(request.param, 0)
    freeze_to(groups, first)
    set_mode(groups, training=True, bn_frozen=request.param == "frozen statistics")
    return model


def _step(
    model: StagedClassifier, source: FromImages | FromFeatures, setup: Setup
) -> Tensor:
    """One step at a rate of 0.5 over the first batch."""
    optimizer = LayerOptimizer(sgd, layer_groups(model), 0.5)
    batch = next(iter(in_order(source, setup.loading)))
    return train_step(model, source, batch, optimizer, setup, seed=5)


def _gradients(model: nn.Module) -> dict[str, Tensor | None]:
    return {name: each.grad for name, each in model.named_parameters()}


# --- one batch all the same ----------------------------------------------------


@pytest.mark.parametrize("num_photos", [1, 2, 3, 5])
@pytest.mark.parametrize("place", ["middle", "final", "backward"])
def test_a_step_in_pieces_equals_the_step_of_the_whole_batch(
    learner: StagedClassifier,
    source: FromImages,
    setup: Setup,
    place: str,
    num_photos: int,
) -> None:
    """Loss, gradients, weights and statistics, with dropout in the head."""
    twin = copy.deepcopy(learner)
    whole = _step(twin, source, setup)

    with _memory_for(learner, num_photos, place):
        loss = _step(learner, source, setup)

    torch.testing.assert_close(loss, whole, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        _gradients(learner), _gradients(twin), rtol=1e-5, atol=1e-5
    )
    torch.testing.assert_close(
        learner.state_dict(), twin.state_dict(), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("place", ["middle", "final", "backward"])
def test_a_failed_attempt_leaves_no_trace(
    make_model: MakeModel,
    source: FromImages,
    setup: Setup,
    state_of: StateOf,
    place: str,
) -> None:
    """Also where batch norm learns throughout: as if the pieces had been known."""
    model = make_model().train()
    twin = copy.deepcopy(model)
    with _memory_for(model, 2, place):
        failing = _step(model, source, setup)
    with _memory_for(twin, 2, place) as sizes:
        known = _step(twin, source, setup)

    assert max(sizes) == 2
    assert torch.equal(failing, known)
    assert state_of(model) == state_of(twin)


def test_learning_batch_norm_sees_pieces_and_moves_as_much_as_by_one_batch(
    make_model: MakeModel, source: FromImages, setup: Setup
) -> None:
    model = make_model().train()
    twin = copy.deepcopy(model)
    _step(twin, source, setup)

    with _memory_for(model, 4):
        _step(model, source, setup)

    first, whole = model.backbone.network.stem[1], twin.backbone.network.stem[1]
    torch.testing.assert_close(
        first.running_mean, whole.running_mean, rtol=0.05, atol=1e-3
    )
    assert not torch.equal(first.running_mean, whole.running_mean)


def test_activations_that_are_computed_twice_change_nothing(
    make_model: MakeModel,
    source: FromImages,
    setup: Setup,
    state_of: StateOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Batch norm and dropout inside the backbone; the oracle keeps all activations."""
    model = make_model().train()
    model.backbone.network.middle.append(nn.Dropout(0.5))
    twin = copy.deepcopy(model)
    with _memory_for(model, 4) as sizes:
        _step(model, source, setup)
    monkeypatch.setattr(
        module, "checkpoint", lambda function, piece, **options: function(piece)
    )
    with _memory_for(twin, 4) as sizes_of_oracle:
        _step(twin, source, setup)

    assert sizes == [8, 4, 4, 4, 4]
    assert sizes_of_oracle == [4, 4]
    torch.testing.assert_close(_gradients(model), _gradients(twin))
    assert state_of(model) == state_of(twin)


def test_a_backbone_that_does_not_learn_runs_once(
    make_model: MakeModel, source: FromImages, setup: Setup
) -> None:
    model = make_model()
    freeze_to(layer_groups(model), -1)
    set_mode(layer_groups(model), training=True)

    with _memory_for(model, 4) as sizes:
        _step(model, source, setup)

    assert sizes == [8, 4, 4]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_pieces_are_accumulated_in_the_format_of_the_weights(
    make_model: MakeModel, source: FromImages, precision: str
) -> None:
    model = make_model()
    _without_batch_norm(model.backbone.network)
    model.train()
    twin = copy.deepcopy(model)
    runtime = AcceleratedRuntime(precision)
    loading = Loading(batch_size=_NUM_PHOTOS, num_workers=0, seed=7)
    setup = Setup(loading=loading, runtime=runtime, task=Task.SINGLE)
    whole = _step(twin.to(runtime.device), source, setup)

    with _memory_for(model.to(runtime.device), 2):
        loss = _step(model, source, setup)

    torch.testing.assert_close(loss, whole, rtol=1e-3, atol=1e-3)
    for name, gradient in _gradients(model).items():
        expected = _gradients(twin)[name]
        assert gradient.dtype == torch.float32
        torch.testing.assert_close(gradient, expected, rtol=0.05, atol=0.02)


# --- what fits is found out, and remembered -------------------------------------


def test_pieces_are_halved_until_they_fit_and_remembered(
    learner: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    with _memory_for(learner, 2) as sizes:
        _step(learner, source, setup)
        assert sizes[:7] == [8, 4, 2, 2, 2, 2, *sizes[6:7]]
        sizes.clear()
        _step(learner, source, setup)

    assert max(sizes) == 2


def test_a_batch_that_fits_is_run_whole(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    with _memory_for(model.train(), 2):
        _step(model, source, setup)
    seen: list[Tensor] = []

    def note(pixels: Tensor) -> Tensor:
        seen.append(pixels)
        return pixels.float()

    pixels = torch.zeros(2, 8, 8, 3, dtype=torch.uint8)
    setup.micro_batches.apply(note, pixels, model)

    assert [each is pixels for each in seen] == [True]


@pytest.mark.parametrize(("num_photos", "sizes"), [(5, [3, 2]), (3, [3])])
def test_pieces_of_odd_batches_are_never_too_small_for_batch_norm(
    model: StagedClassifier,
    source: FromImages,
    setup: Setup,
    num_photos: int,
    sizes: list[int],
) -> None:
    with _memory_for(model.train(), 2):
        _step(model, source, setup)
    pixels = torch.zeros(num_photos, 8, 8, 3, dtype=torch.uint8)
    seen: list[int] = []

    def note(piece: Tensor) -> Tensor:
        seen.append(len(piece))
        return piece.float()

    setup.micro_batches.apply(note, pixels, model)

    assert seen == sizes


def test_the_user_is_told_once_the_pieces_fit(
    learner: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    told: list[str] = []
    setup = Setup(
        loading=setup.loading,
        runtime=setup.runtime,
        task=setup.task,
        micro_batches=MicroBatches(told.append),
    )

    with _memory_for(learner, 2):
        for _ in range(2):
            _step(learner, source, setup)

    assert told == [
        "The memory is too small for 8 photos at once; going on with 4 x 2, the same "
        "effective batch."
    ]


@pytest.mark.parametrize(("learns", "least"), [(True, 2), (False, 1)])
def test_what_cannot_be_split_further_is_given_up(
    make_model: MakeModel, source: FromImages, setup: Setup, learns: bool, least: int
) -> None:
    model = make_model()
    set_mode(layer_groups(model), training=True, bn_frozen=not learns)

    with (
        _memory_for(model, least - 1) as sizes,
        pytest.raises(
            PlanError, match=f"too small even for {least} of the photos at a time"
        ) as caught,
    ):
        _step(model, source, setup)

    assert sizes == ([8, 4, 2] if learns else [8, 4, 2, 1])
    assert isinstance(caught.value.__cause__, torch.OutOfMemoryError)


def test_a_head_on_stored_activations_has_nothing_to_split(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    features = torch.zeros(22, 12).numpy()
    attempts: list[int] = []

    def fail(_: nn.Module, inputs: tuple[Tensor]) -> None:
        attempts.append(len(inputs[0]))
        _raise_full()

    model.head.register_forward_pre_hook(fail)

    with pytest.raises(torch.OutOfMemoryError):
        _step(model.train(), FromFeatures(features, source.index.labels), setup)

    assert attempts == [8]


def test_other_errors_are_nobody_s_business(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    def fail() -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with (
        _memory_for(model, 2, fail=fail) as sizes,
        pytest.raises(RuntimeError, match="mat1 and mat2"),
    ):
        _step(model.train(), source, setup)

    assert sizes == [8]


# --- the memory itself ---------------------------------------------------------


def test_a_cpu_without_memory_is_understood(
    learner: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    """The error is the allocator's own: 256 TiB are too much."""
    with _memory_for(learner, 4, fail=_allocate_too_much) as sizes:
        _step(learner, source, setup)

    assert sizes[:3] == [8, 4, 4]


@pytest.mark.parametrize("place", ["middle", "backward"])
def test_activations_of_a_failed_attempt_are_gone_before_the_next(
    make_model: MakeModel, source: FromImages, setup: Setup, place: str
) -> None:
    learner = make_model().train()
    seen: list[weakref.ref[Tensor]] = []
    alive: list[int] = []

    def note(_: nn.Module, __: object, output: Tensor) -> None:
        alive.append(sum(each() is not None for each in seen))
        seen.append(weakref.ref(output))

    learner.backbone.network.stem.register_forward_hook(note)

    with _memory_for(learner, 4, place):
        _step(learner, source, setup)

    assert alive[:2] == [0, 0]


_IN_LITTLE_MEMORY = """
import re
import resource
from pathlib import Path

import numpy as np
import torch

from unfreeze.data.index import ImageIndex
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import with_new_head
from unfreeze.models.groups import freeze_to, layer_groups, set_mode
from unfreeze.records import Task
from unfreeze.optim.builders import sgd
from unfreeze.optim.layer_optimizer import LayerOptimizer
from unfreeze.records import ImageSpec
from unfreeze.training.micro_batches import MicroBatches
from unfreeze.training.runtime import PlainRuntime
from unfreeze.training.source import FromImages, Loading, Setup, in_order
from unfreeze.training.step import train_step

torch.set_num_threads(1)
torch.backends.mkldnn.set_flags(False)  # whose scratch memory is not torch's own
rng = np.random.default_rng(0)
pixels = rng.integers(0, 256, (16, 96, 96, 3), dtype=np.uint8)
index = ImageIndex(Path(), ("a", "b"), pixels, rng.integers(0, 2, 16))
source = FromImages(index, ImageSpec(size=96))
model = with_new_head(build_backbone("resnet18", weights="none", size=96), 2)
groups = layer_groups(model)
freeze_to(groups, 0)
set_mode(groups, training=True, bn_frozen=True)
optimizer = LayerOptimizer(sgd, groups, 0.0)

def step(limit):
    loading = Loading(batch_size=16, num_workers=0, seed=0)
    setup = Setup(
        loading=loading,
        runtime=PlainRuntime(),
        task=Task.SINGLE,
        micro_batches=MicroBatches(print),
    )
    batch = next(iter(in_order(source, loading)))
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    loss = train_step(model, source, batch, optimizer, setup, seed=0)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    squares = sum(each.grad.double().square().sum() for each in model.parameters())
    print(float(loss), float(squares.sqrt()))

def address_space(name):
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\\s+(\\d+) kB", status)[1]) * 1024

step(resource.RLIM_INFINITY)
step((3 * address_space("VmPeak") + address_space("VmSize")) // 4)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
def test_a_step_goes_on_where_memory_really_ends(repository: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository / "src"),
        "MALLOC_MMAP_THRESHOLD_": "65536",  # gives freed memory back at once
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _IN_LITTLE_MEMORY],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )

    whole, told, in_pieces = done.stdout.splitlines()
    assert told.startswith("The memory is too small for 16 photos at once; going on")
    expected = [float(number) for number in whole.split()]
    assert [float(each) for each in in_pieces.split()] == pytest.approx(
        expected, rel=1e-4
    )
