"""The machine: device, number format and gradients. The only door to Accelerate."""

import abc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar, final

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.training.delivery import Delivery, OverlappingDelivery, PlainDelivery
from unfreeze.training.memory import give_back_freed_memory, keep_freed_memory

__all__ = [
    "AcceleratedRuntime",
    "Compiler",
    "PlainRuntime",
    "Runtime",
    "is_out_of_memory",
    "memory_explained",
]

_FULL = (
    "DefaultCPUAllocator",
    "MPS backend out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)
"""Words of torch where it lacks memory without saying so by the class of the error."""


ModelType = TypeVar("ModelType", bound=nn.Module)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """How a backbone is compiled, and when."""

    backend: str = "inductor"
    """A name that ``torch.compile`` knows."""

    least_steps: int = 4000
    """Steps of one fit from which on it pays: about a minute to compile, and 15 ms
    saved in each step of 64 photos. Estimates, which ``benchmarks/gpu.py``
    replaces by measurements on the GPU at hand."""


class Runtime(abc.ABC):
    """All that training and prediction need to know about the machine."""

    device: torch.device
    precision: str
    """Format of the arithmetic inside the model: ``bf16`` or ``fp32``."""

    fuses: bool
    """Whether a backbone that does not learn may run in a fused form."""

    delivery: Delivery
    """Brings batches to ``device``, and decides where photos are varied."""

    compiler: Compiler | None
    """Compiles a backbone that learns for long, where that pays at all."""

    @property
    def image_type(self) -> torch.dtype:
        """Format of the images that a model reads, half as large where that will do."""
        return torch.bfloat16 if self.precision == "bf16" else torch.float32

    def place(self, model: ModelType) -> ModelType:
        """Bring a model to the device, its weights in the memory order of images.

        Convolutions then read weights and images as they are; otherwise they would
        turn the weights in every step.
        """
        return model.to(self.device).to(memory_format=torch.channels_last)

    @abc.abstractmethod
    def autocast(self) -> AbstractContextManager[None]:
        """Run a model's forward pass in the chosen number format."""

    def rest(self) -> None:
        """Give memory back that was kept for the next step; there is none for now."""
        if self.device.type == "cpu":
            give_back_freed_memory()

    @abc.abstractmethod
    def in_full_precision(self) -> "Runtime":
        """The same machine, computing in ``fp32``."""

    @abc.abstractmethod
    def backward(self, loss: Tensor) -> None:
        """Add the gradients of ``loss`` to the parameters."""

    @abc.abstractmethod
    def clip(self, model: nn.Module, limit: float) -> Tensor:
        """Scale gradients to a total norm of ``limit``; return it unscaled."""


@final
class AcceleratedRuntime(Runtime):
    """Run on the accelerator of this process, or on the CPU when there is none.

    Args:
        precision: ``bf16``, ``fp32``, or None to take bf16 where the hardware
            multiplies it natively (CPUs with AVX512-BF16 or AMX, recent GPUs).
        compiles: Whether a GPU runs a backbone compiled where many steps of learning
            are ahead. CPUs never do.

    Raises:
        PlanError: If there is no such precision, or more than one process.
    """

    fuses = True

    def __init__(self, precision: str | None = None, *, compiles: bool = True) -> None:
        if precision not in (None, "bf16", "fp32"):
            raise PlanError(f"precision is 'bf16' or 'fp32', got {precision!r}.")
        self.precision = precision or ("bf16" if _multiplies_bf16() else "fp32")
        self._accelerator = Accelerator()
        if self._accelerator.num_processes > 1:
            raise PlanError(
                f"Launched as {self._accelerator.num_processes} processes, and "
                "training runs in one so far. Start it without accelerate launch or "
                "torchrun."
            )
        self.device = self._accelerator.device
        if self.device.type == "cpu":
            keep_freed_memory()
        is_cuda = self.device.type == "cuda"
        self.delivery = (
            OverlappingDelivery(self.device) if is_cuda else PlainDelivery(self.device)
        )
        self.compiler = Compiler() if is_cuda and compiles else None

    @override
    def autocast(self) -> AbstractContextManager[None]:
        # Not Accelerate's own: its number format is one per process, ours per learner.
        half = self.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=half)

    @override
    def in_full_precision(self) -> Runtime:
        if self.precision == "fp32":
            return self
        return AcceleratedRuntime("fp32", compiles=self.compiler is not None)

    @override
    def backward(self, loss: Tensor) -> None:
        self._accelerator.backward(loss)

    @override
    def clip(self, model: nn.Module, limit: float) -> Tensor:
        norm = self._accelerator.clip_grad_norm_(model.parameters(), limit)
        return torch.as_tensor(norm)


@final
class PlainRuntime(Runtime):
    """One CPU, full precision, nothing hidden. What unit tests use."""

    device = torch.device("cpu")
    precision = "fp32"
    fuses = False
    delivery = PlainDelivery()
    compiler = None

    @override
    def autocast(self) -> AbstractContextManager[None]:
        return nullcontext()

    @override
    def in_full_precision(self) -> Runtime:
        return self

    @override
    def backward(self, loss: Tensor) -> None:
        loss.backward()

    @override
    def clip(self, model: nn.Module, limit: float) -> Tensor:
        return nn.utils.clip_grad_norm_(model.parameters(), limit)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error of torch says that some memory is too small."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return any(words in str(error) for words in _FULL)


@contextmanager
def memory_explained(batch_size: int) -> Iterator[None]:
    """Turn a memory that is too small for the body into advice on the batch size.

    Raises:
        PlanError: Instead of torch's own error.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise PlanError(
            f"The memory of the device is too small for batches of {batch_size} "
            f"photos. Pass bs={max(batch_size // 2, 2)} or less, or a smaller sz."
        ) from error


def _multiplies_bf16() -> bool:
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
