"""Mirrors src/unfreeze/training/runtime.py."""

import pytest
import torch
from torch import nn

from unfreeze.errors import PlanError
from unfreeze.training import runtime as module
from unfreeze.training.runtime import (
    AcceleratedRuntime,
    PlainRuntime,
    Runtime,
    is_out_of_memory,
    memory_explained,
)


@pytest.fixture(params=["plain", "accelerated"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return PlainRuntime() if request.param == "plain" else AcceleratedRuntime("fp32")


@pytest.fixture
def linear() -> nn.Linear:
    layer = nn.Linear(2, 1, bias=False, device="meta").to_empty(device="cpu")
    nn.init.ones_(layer.weight)
    return layer


def test_backward_adds_gradients(runtime: Runtime, linear: nn.Linear) -> None:
    inputs = torch.tensor([[3.0, 4.0]], device=runtime.device)
    linear.to(runtime.device)

    for _ in range(2):
        runtime.backward(linear(inputs).sum())

    assert linear.weight.grad is not None
    assert linear.weight.grad.tolist() == [[6.0, 8.0]]


def test_clipping_scales_gradients_to_the_limit(
    runtime: Runtime, linear: nn.Linear
) -> None:
    linear.to(runtime.device)
    linear.weight.grad = torch.tensor([[3.0, 4.0]], device=runtime.device)

    norm = runtime.clip(linear, 0.5)

    assert norm.item() == pytest.approx(5.0)
    assert linear.weight.grad.flatten().tolist() == pytest.approx([0.3, 0.4], rel=1e-4)


@pytest.mark.parametrize(
    ("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)]
)
def test_a_forward_pass_runs_in_the_chosen_format(
    precision: str, dtype: torch.dtype, linear: nn.Linear
) -> None:
    runtime = AcceleratedRuntime(precision)
    linear.to(runtime.device)

    with runtime.autocast():
        output = linear(torch.ones(1, 2, device=runtime.device))

    assert runtime.precision == precision
    assert output.dtype == dtype


def test_the_plain_runtime_is_one_cpu_in_full_precision(linear: nn.Linear) -> None:
    runtime = PlainRuntime()

    with runtime.autocast():
        output = linear(torch.ones(1, 2))

    assert runtime.device == torch.device("cpu")
    assert runtime.precision == "fp32"
    assert output.dtype == torch.float32


@pytest.mark.parametrize(("is_native", "chosen"), [(True, "bf16"), (False, "fp32")])
def test_the_format_follows_the_hardware_unless_it_is_chosen(
    monkeypatch: pytest.MonkeyPatch, is_native: bool, chosen: str
) -> None:
    monkeypatch.setattr(module, "_multiplies_bf16", lambda: is_native)

    assert AcceleratedRuntime().precision == chosen


@pytest.mark.parametrize("is_native", [True, False])
@pytest.mark.parametrize("has_gpu", [True, False])
def test_the_hardware_is_asked_and_not_its_emulation(
    monkeypatch: pytest.MonkeyPatch, has_gpu: bool, is_native: bool
) -> None:
    def gpu_multiplies(*, including_emulation: bool) -> bool:
        return is_native or including_emulation

    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", gpu_multiplies)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: is_native)

    assert module._multiplies_bf16() is is_native


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(PlanError, match="precision is 'bf16' or 'fp32', got 'fp16'"):
        AcceleratedRuntime("fp16")


@pytest.mark.parametrize(("batch_size", "advice"), [(64, "bs=32"), (3, "bs=2")])
def test_too_little_memory_becomes_advice_on_the_batch_size(
    batch_size: int, advice: str
) -> None:
    with (
        pytest.raises(PlanError, match=rf"batches of {batch_size} photos.*{advice}"),
        memory_explained(batch_size),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_a_full_memory_is_told_from_other_errors() -> None:
    """The first is the CPU allocator's own: 256 TiB are too much."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**48, dtype=torch.uint8)

    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert is_out_of_memory(
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate")
    )
    assert not is_out_of_memory(RuntimeError("CUDA error: an illegal memory access"))


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_explained(64):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


@pytest.mark.parametrize(("kind", "is_gpu"), [("cuda", True), ("mps", False)])
def test_nvidia_gpus_vary_photos_and_compile(
    monkeypatch: pytest.MonkeyPatch, kind: str, is_gpu: bool
) -> None:
    """Also AMD's, which torch calls by the same name."""

    class OneDevice:
        num_processes = 1
        device = torch.device(kind)

    monkeypatch.setattr(module, "Accelerator", OneDevice)
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: None)

    runtime = AcceleratedRuntime("fp32")

    assert runtime.delivery.device == torch.device(kind)
    assert runtime.delivery.varies is is_gpu
    assert runtime.delivery.pins is is_gpu
    assert (runtime.compiler is not None) is is_gpu
    assert AcceleratedRuntime("fp32", compiles=False).compiler is None


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class ManyProcesses:
        num_processes = 2

    monkeypatch.setattr(module, "Accelerator", ManyProcesses)

    with pytest.raises(PlanError, match="Launched as 2 processes"):
        AcceleratedRuntime("fp32")
