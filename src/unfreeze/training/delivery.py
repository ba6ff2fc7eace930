"""How batches get from where they are read to the device that learns from them.

A GPU copies from page-locked memory while it computes, in a second queue of work (a
stream). Three rules make that safe and keep its memory small, after the documentation
of ``torch.Tensor.record_stream``:

* The queue of copies waits for the computing that was asked for so far, before memory
  that a batch has left is used again. It then runs beside the step that is asked for
  next.
* The queue of computing waits for a batch's copy before it reads from it.
* The processor asks for no more than three batches ahead of the device. A loop that
  never looks at a result would otherwise fill the memory with batches.

None of them makes the device wait for the processor.
"""

import abc
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol, TypeAlias, assert_never, final, runtime_checkable

import torch
from torch import Tensor
from typing_extensions import override

from unfreeze.tensors import Batch
from unfreeze.training.drafts import Drafts

__all__ = [
    "Batches",
    "Delivered",
    "Delivery",
    "Loaded",
    "Loader",
    "OverlappingDelivery",
    "PlainDelivery",
]

Loaded: TypeAlias = Batch | Drafts
"""What a loader yields."""

_MOST_ON_THE_WAY = 3


@runtime_checkable
class Batches(Protocol):
    """One pass over some rows."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Batch]: ...


class Loader(Protocol):
    """The same, as far as the memory of the processor."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Generator[Loaded, None, None]: ...


class Delivery(abc.ABC):
    """Brings batches to a device."""

    device: torch.device

    varies: bool
    """Whether photos are varied on the device, a batch at a time, and not one by one
    in the threads that read them."""

    pins: bool
    """Whether loaders should put batches in page-locked memory."""

    @abc.abstractmethod
    def deliver(self, batches: Iterable[Loaded]) -> Generator[Batch, None, None]:
        """Yield every batch in turn, on the device and ready for a model.

        Each must be used from the thread and stream that asks for the next.
        """


@final
class PlainDelivery(Delivery):
    """One batch after the other, in the order in which things are asked for.

    Args:
        device: The CPU unless given.
        varies: Whether photos are varied on the device. On a CPU, that is a slower way
            to all but the same pixels.
    """

    pins = False

    def __init__(
        self, device: torch.device | None = None, *, varies: bool = False
    ) -> None:
        self.device = device or torch.device("cpu")
        self.varies = varies

    @override
    def deliver(self, batches: Iterable[Loaded]) -> Generator[Batch, None, None]:
        for batch in batches:
            yield _moved(batch, self.device)


@final
class OverlappingDelivery(Delivery):
    """On an NVIDIA or AMD GPU: the next batch travels while this one is computed with.

    Photos are varied there, too. One of these serves all passes of a learner, since
    memory that one queue has used cannot be given to another.
    """

    varies = True
    pins = True

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._copies = torch.cuda.Stream(device)

    @override
    def deliver(self, batches: Iterable[Loaded]) -> Generator[Batch, None, None]:
        begun: deque[torch.cuda.Event] = deque()
        coming: deque[tuple[Batch, torch.cuda.Event]] = deque()
        for batch in batches:
            if len(begun) == _MOST_ON_THE_WAY:
                begun.popleft().synchronize()
            coming.append(self._sent(batch))
            begun.append(coming[-1][1])
            if len(coming) > 1:
                yield self._received(*coming.popleft())
        while coming:
            yield self._received(*coming.popleft())

    def _sent(self, batch: Loaded) -> tuple[Batch, torch.cuda.Event]:
        self._copies.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self._copies):
            moved = _moved(_pinned(batch), self.device)
            # blocking: the processor sleeps while it waits, and loads the next batch.
            arrival = torch.cuda.Event(blocking=True)
            arrival.record(self._copies)
        return moved, arrival

    def _received(self, batch: Batch, arrival: torch.cuda.Event) -> Batch:
        torch.cuda.current_stream(self.device).wait_event(arrival)
        return batch


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """A pass whose batches are brought to the device."""

    loader: Loader
    delivery: Delivery

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Batch]:
        with (
            closing(iter(self.loader)) as loaded,
            closing(self.delivery.deliver(loaded)) as delivered,
        ):
            yield from delivered


def _moved(batch: Loaded, device: torch.device) -> Batch:
    """Copy to ``device`` what is not there, and vary what is still to be varied."""
    at_once = device.type != "cuda"  # from page-locked memory only
    there = _each(batch, lambda tensor: tensor.to(device, non_blocking=not at_once))
    if isinstance(there, Batch):
        return there
    return Batch(there.draft.develop(), there.labels, there.rows)


def _pinned(batch: Loaded) -> Loaded:
    """Put in page-locked memory what loaders have not put there, such as labels.

    A copy from elsewhere would make the processor wait until it is done.
    """
    return _each(batch, Tensor.pin_memory)


def _each(batch: Loaded, change: Callable[[Tensor], Tensor]) -> Loaded:
    """Do something to every tensor of a batch."""
    labels = None if batch.labels is None else change(batch.labels)
    match batch:
        case Batch():
            return Batch(change(batch.inputs), labels, batch.rows)
        case Drafts():
            return Drafts(batch.draft.each(change), labels, batch.rows)
        case _:
            assert_never(batch)
